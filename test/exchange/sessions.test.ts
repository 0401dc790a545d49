import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.ts";
import { count, distinct } from "../../src/operators/aggregates/index.ts";
import type { Aggregated } from "../../src/operators/window.ts";
import { stream } from "../../src/stream/stream.ts";
import { listSource, memorySink } from "../../src/testing/index.ts";
import { session } from "../../src/time/windows.ts";
import { texts } from "./frames.ts";
import { Mesh } from "./mesh.ts";
import type { Frame } from "./partition-oracle.ts";

/** As far as frames of a partition are out of order. */
const disorderMs = 8;

const anyPartition = fc
  .array(
    fc.record({
      step: fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 6 }) }, fc.nat({ max: 60 })),
      back: fc.nat({ max: disorderMs }),
      user: fc.constantFrom("u", "v", "w"),
    }),
    { maxLength: 50, size: "max" },
  )
  .map((steps) => {
    let now = 1000;
    return steps.map(({ step, back, user }): Frame => {
      now += step;
      return { ts: now - back, user, n: 1 };
    });
  });

/** The sessions of all frames together. */
function sessionsOf(frames: readonly Frame[], gapMs: number) {
  const found: { start: number; end: number; frames: Frame[] }[] = [];
  for (const frame of frames.toSorted((a, b) => a.ts - b.ts)) {
    const last = found.at(-1);
    if (last === undefined || frame.ts >= last.end) {
      found.push({ start: frame.ts, end: frame.ts + gapMs, frames: [frame] });
    } else {
      last.end = frame.ts + gapMs;
      last.frames.push(frame);
    }
  }
  return found.map(({ start, end, frames: own }) => ({
    start,
    end,
    n: own.length,
    users: new Set(own.map(({ user }) => user)).size,
  }));
}

test("sessions over everything go on from partition to partition, whichever tasks die", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyPartition, { minLength: 2, maxLength: 4 }),
      fc.constantFrom(3, 10, 30),
      fc.constantFrom("drop" as const, "update" as const),
      fc.nat(),
      async (partitions, gapMs, late, seed) => {
        const { plan } = stream("in", listSource<Frame>([]))
          .eventTime("clock", (frame) => frame.ts, { lag: disorderMs })
          .window("sessions", session({ gap: gapMs }), { late, allowedLateness: 20 })
          .aggregate({ n: count(), users: distinct((frame: Frame) => frame.user) })
          .to("out", memorySink());
        const random = seededRandom(seed);
        const mesh = new Mesh(plan, partitions, { checkpointMs: [10, 100][random.below(2)]! });
        await mesh.stir(random, 150, 12);
        await mesh.finish();
        const out = mesh.values("out") as Aggregated<undefined, { readonly n: number; readonly users: number }>[];
        expect(texts(out.map(({ window: { start, end }, n, users }) => ({ start, end, n, users })))).toEqual(
          texts(sessionsOf(partitions.flat(), gapMs)),
        );
        expect(out.filter(({ window }) => window.update)).toEqual([]);
      },
    ),
    { numRuns: 80 },
  );
}, 120_000);
