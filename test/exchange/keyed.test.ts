import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.ts";
import { count, distinct, sum } from "../../src/operators/aggregates/index.ts";
import type { Aggregated, LateRecord } from "../../src/operators/window.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { stream } from "../../src/stream/stream.ts";
import { listSource, memorySink } from "../../src/testing/index.ts";
import { hopping, tumbling, type Windows } from "../../src/time/windows.ts";
import { anyPartitions, texts } from "./frames.ts";
import { Mesh } from "./mesh.ts";
import { type Frame, fill } from "./partition-oracle.ts";

const frames = (lagMs: number) =>
  stream("in", listSource<Frame>([])).eventTime("clock", (frame) => frame.ts, { lag: lagMs });

/** Runs a plan over the partitions, with tasks that die; `seed` says when. */
async function run(plan: Plan, partitions: readonly (readonly Frame[])[], seed: number): Promise<Mesh> {
  const random = seededRandom(seed);
  const mesh = new Mesh(plan, partitions, {
    checkpointMs: [10, 100, 700][random.below(3)]!,
    fullAt: [1, 10, Number.POSITIVE_INFINITY][random.below(3)]!,
  });
  await mesh.stir(random, 200, 15);
  await mesh.finish();
  return mesh;
}

const anyWindows = fc.constantFrom<Windows>(
  tumbling(10),
  tumbling(10, 20, 60),
  hopping({ size: 25, every: 10, offset: 4 }),
);

type Result = Aggregated<string, { readonly n: number; readonly sum: number }>;

test("windows of each key have what the partitions' own clocks let in, however they drain and die", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyPartitions,
      anyWindows,
      fc.constantFrom(0, 5, 20),
      fc.constantFrom(0, 15, 1000),
      fc.nat(),
      async (partitions, windows, lagMs, latenessMs, seed) => {
        const late = latenessMs === 0 ? "drop" : "update";
        const results = frames(lagMs)
          .keyBy("user", (frame) => frame.user)
          .window("minutes", windows, { late, allowedLateness: latenessMs })
          .aggregate({ n: count(), sum: sum((frame: Frame) => frame.n) });
        const pipeline = results.to("out", memorySink()).and(results.side("late").to("late", memorySink()));
        const mesh = await run(pipeline.plan, partitions, seed);
        const last = new Map<string, unknown>();
        for (const { key, window, n, sum } of mesh.values("out") as Result[]) {
          last.set(`${key} ${window.start}+${window.size}`, { n, sum });
        }
        const oracle = fill(partitions, windows, lagMs, latenessMs);
        const wanted = new Map<string, { n: number; sum: number }>();
        for (const [name, { frames }] of oracle.filled) {
          for (const { user, n } of frames) {
            const known = wanted.get(`${user} ${name}`) ?? { n: 0, sum: 0 };
            wanted.set(`${user} ${name}`, { n: known.n + 1, sum: known.sum + n });
          }
        }
        expect(Object.fromEntries([...last].sort())).toEqual(Object.fromEntries([...wanted].sort()));
        expect(texts((mesh.values("late") as LateRecord<Frame>[]).map(({ value }) => value))).toEqual(
          texts(oracle.late),
        );
        if (latenessMs === 0) expect(mesh.values("out")).toHaveLength(wanted.size);
      },
    ),
    { numRuns: 120 },
  );
}, 120_000);

/** Numbers the records of each key as they come. */
const numbered = {
  kind: "numbered",
  version: "1",
  open: (context: import("../../src/operators/process.ts").ProcessContext<unknown, string>) => {
    const seen = context.state<number>("seen");
    return {
      record: ({ n }: Frame) => {
        const number = (seen.get() ?? 0) + 1;
        seen.set(number);
        context.emit({ user: context.key, number, n, time: context.time });
      },
    };
  },
};

test("each record reaches its key's task once, with its time, in the order of its partition", async () => {
  await fc.assert(
    fc.asyncProperty(anyPartitions, fc.nat(), async (partitions, seed) => {
      const marked = partitions.map((list, p) => list.map((frame, i) => ({ ...frame, n: p * 1000 + i })));
      const pipeline = frames(0)
        .keyBy("user", (frame) => frame.user)
        .process("number", numbered)
        .to("out", memorySink());
      const mesh = await run(pipeline.plan, marked, seed);
      const out = mesh.values("out") as { user: string; number: number; n: number; time: number }[];
      const all = marked.flat();
      expect(texts(out.map(({ user, n, time }) => ({ ts: time, user, n })))).toEqual(texts(all));
      for (const user of new Set(all.map((frame) => frame.user))) {
        const own = out.filter((one) => one.user === user);
        expect(own.map(({ number }) => number)).toEqual(own.map((_, i) => i + 1));
        for (const list of marked) {
          const came = own.filter(({ n }) => list.some((frame) => frame.n === n)).map(({ n }) => n);
          expect(came).toEqual(came.toSorted((a, b) => a - b));
        }
      }
    }),
    { numRuns: 100 },
  );
}, 120_000);

test("stages follow each other: users of each minute, then how many minutes had so many, then the sum of those", async () => {
  await fc.assert(
    fc.asyncProperty(anyPartitions, fc.nat(), async (partitions, seed) => {
      const pipeline = frames(5)
        .window("users", tumbling(10))
        .aggregate({ users: distinct((frame: Frame) => frame.user) })
        .keyBy("count", ({ users }) => users)
        .window("minutes", tumbling(20, 60))
        .aggregate({ minutes: count() })
        .window("all", tumbling(60))
        .aggregate({ minutes: sum(({ window, minutes }) => (window.size === 60 ? minutes : 0)) })
        .keyBy("one", () => "all")
        .window("at-last", tumbling(120))
        .aggregate({ minutes: sum(({ minutes }) => minutes) })
        .to("out", memorySink());
      const mesh = await run(pipeline.plan, partitions, seed);
      const { filled } = fill(partitions, tumbling(10), 5, 0);
      const wanted = new Map<number, number>();
      for (const { start } of filled.values()) {
        const at = Math.floor(start / 120) * 120;
        wanted.set(at, (wanted.get(at) ?? 0) + 1);
      }
      const out = mesh.values("out") as Aggregated<string, { readonly minutes: number }>[];
      expect(out.map(({ window, minutes }) => [window.start, minutes]).sort()).toEqual([...wanted].sort());
    }),
    { numRuns: 60 },
  );
}, 120_000);
