import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.ts";
import {
  count,
  distinct,
  distinctApprox,
  max,
  mean,
  min,
  quantile,
  sum,
} from "../../src/operators/aggregates/index.ts";
import type { LateRecord, WindowInfo } from "../../src/operators/window.ts";
import { stream } from "../../src/stream/stream.ts";
import { listSource, memorySink } from "../../src/testing/index.ts";
import { hopping, tumbling, type Windows } from "../../src/time/windows.ts";
import { anyPartitions, texts } from "./frames.ts";
import { Mesh } from "./mesh.ts";
import { type Frame, fill } from "./partition-oracle.ts";

const aggregates = {
  count: count(),
  users: distinct((frame: Frame) => frame.user),
  sum: sum((frame: Frame) => frame.n),
  min: min((frame: Frame) => frame.n),
  max: max((frame: Frame) => frame.n),
  mean: mean((frame: Frame) => frame.n),
  about: distinctApprox((frame: Frame) => frame.user, { error: 0.1 }),
  middle: quantile((frame: Frame) => frame.n, [0, 0.5, 1]),
};

type Result = { readonly window: WindowInfo } & Readonly<Record<string, unknown>>;

interface Case {
  readonly partitions: readonly (readonly Frame[])[];
  readonly windows: Windows;
  readonly lagMs: number;
  readonly latenessMs: number;
  readonly seed: number;
}

const anyWindows = fc.constantFrom<Windows>(
  tumbling(10),
  tumbling(10, 20, 60),
  tumbling(6, 10, 15, 30, { offset: 7 }),
  hopping({ size: 30, every: 10 }),
  hopping({ size: 25, every: 10, offset: 4 }),
);

const anyCase: fc.Arbitrary<Case> = fc.record({
  partitions: anyPartitions,
  windows: anyWindows,
  lagMs: fc.constantFrom(0, 5, 20),
  latenessMs: fc.constantFrom(0, 15, 1000),
  seed: fc.nat(),
});

function meshOf({ partitions, windows, lagMs, latenessMs, seed }: Case): Mesh {
  const late = latenessMs === 0 ? "drop" : "update";
  const results = stream("in", listSource<Frame>([]))
    .eventTime("clock", (frame) => frame.ts, { lag: lagMs })
    .window("users", windows, { late, allowedLateness: latenessMs })
    .aggregate(aggregates);
  const { plan } = results.to("out", memorySink()).and(results.side("late").to("late", memorySink()));
  const random = seededRandom(seed);
  return new Mesh(plan, partitions, {
    checkpointMs: [10, 100, 700][random.below(3)]!,
    fullAt: [1, 10, Number.POSITIVE_INFINITY][random.below(3)]!,
  });
}

function expected(frames: readonly Frame[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(aggregates).map(([name, aggregate]) => {
      const family = aggregate.family("alone");
      for (const frame of frames) family.add(aggregate.input(frame), [0], 1);
      return [name, family.result(0)];
    }),
  );
}

/** The last result of each window, by its bounds. */
function lastResults(mesh: Mesh): Map<string, Record<string, unknown>> {
  const last = new Map<string, Record<string, unknown>>();
  for (const value of mesh.values("out") as Result[]) {
    const { window, key: _, ...results } = value;
    last.set(`${window.start}+${window.size}`, results);
  }
  return last;
}

/** Whatever came out before, the last result of each window must be right. */
function checkLast(mesh: Mesh, one: Case): void {
  const { filled, late } = fill(one.partitions, one.windows, one.lagMs, one.latenessMs);
  const wanted = new Map([...filled].map(([name, { frames }]) => [name, expected(frames)]));
  expect(Object.fromEntries([...lastResults(mesh)].sort())).toEqual(Object.fromEntries([...wanted].sort()));
  expect(texts((mesh.values("late") as LateRecord<Frame>[]).map(({ value }) => value))).toEqual(texts(late));
}

function checkResults(mesh: Mesh, one: Case): void {
  checkLast(mesh, one);
  if (one.latenessMs > 0) return;
  for (const task of mesh.tasks) {
    const own = (mesh.outputs.get("out") ?? []).filter((output) => output.task === String(task));
    const windows = own.map(({ value }) => (value as Result).window);
    expect(windows.filter(({ update }) => update)).toEqual([]);
    expect(windows).toEqual(windows.toSorted((a, b) => a.end - b.end || a.size - b.size));
  }
  expect(mesh.values("out")).toHaveLength(lastResults(mesh).size);
}

test("over several partitions the results are those of each partition's own clock, however they drain", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const mesh = meshOf(one);
      await mesh.stir(seededRandom(one.seed), 150, 0);
      await mesh.finish();
      checkResults(mesh, one);
    }),
    { numRuns: 60 },
  );
}, 120_000);

test("and whichever tasks die on the way", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const mesh = meshOf(one);
      await mesh.stir(seededRandom(one.seed), 200, 20);
      await mesh.finish();
      checkResults(mesh, one);
    }),
    { numRuns: 120 },
  );
}, 120_000);

test("a run that goes on where one over less input had ended counts on, and ends where its own input does", async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const mesh = meshOf(one);
      const random = seededRandom(one.seed);
      await mesh.stir(random, 80, 6);
      await mesh.finish();
      checkLast(mesh, one);
      // Nothing older than what ended: a partition that had ended held nobody up, and what it then brings may be late.
      const later = one.partitions.map((frames) => frames.map((frame) => ({ ...frame, ts: frame.ts + 7200 })));
      mesh.runOn(later);
      await mesh.stir(random, 80, 6);
      await mesh.finish();
      checkLast(mesh, { ...one, partitions: one.partitions.map((frames, p) => [...frames, ...later[p]!]) });
    }),
    { numRuns: 40 },
  );
}, 120_000);
