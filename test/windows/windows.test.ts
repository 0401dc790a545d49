import fc from "fast-check";
import { expect, test } from "vitest";
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
import { type Aggregates, windowAggregate } from "../../src/operators/window.ts";
import { hopping, session, tumbling, type Windows } from "../../src/time/windows.ts";
import { OperatorBench } from "./bench.ts";
import { type Rec, WindowOracle } from "./oracle.ts";

type Step =
  | { readonly do: "record"; readonly record: Rec }
  | { readonly do: "watermark"; readonly by: number }
  | { readonly do: "idle" }
  | { readonly do: "checkpoint" }
  | { readonly do: "compact" }
  | { readonly do: "crash" };

const exact = {
  count: count(),
  users: distinct((record: Rec) => record.user),
  sum: sum((record: Rec) => record.n),
  min: min((record: Rec) => record.n),
  max: max((record: Rec) => record.n),
  mean: mean((record: Rec) => record.n),
};
const all = {
  ...exact,
  about: distinctApprox((record: Rec) => record.user, { error: 0.05 }),
  middle: quantile((record: Rec) => record.n, [0, 0.5, 1]),
};

const anyWindows: fc.Arbitrary<Windows> = fc.oneof(
  fc.constantFrom(
    tumbling(10),
    tumbling(10, 20, 60),
    tumbling(10, { offset: 3 }),
    tumbling(6, 10, 15, 30, { offset: 70 }),
    tumbling(1, 7),
    hopping({ size: 30, every: 10 }),
    hopping({ size: 25, every: 10, offset: 4 }),
    hopping({ size: 12, every: 1 }),
    hopping({ size: 10, every: 10 }),
    session({ gap: 5 }),
    session({ gap: 20 }),
  ),
);

const anyRecord = fc.record({
  behind: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: -15, max: 10 }) }, fc.integer({ min: -80, max: 30 })),
  key: fc.constantFrom(undefined, "a", "b"),
  user: fc.constantFrom("u", "v", "w", "5"),
  n: fc.integer({ min: -3, max: 9 }),
});

function stepsOf(withCrashes: boolean): fc.Arbitrary<Step[]> {
  const other: fc.Arbitrary<Step>[] = [
    fc.record({ do: fc.constant("watermark" as const), by: fc.nat({ max: 12 }) }),
    fc.record({ do: fc.constantFrom("idle" as const, "idle" as const) }),
  ];
  if (withCrashes) {
    const point = fc.record({ do: fc.constantFrom("checkpoint", "compact", "checkpoint", "crash") });
    other.push(point, point);
  }
  const step = fc.oneof({ weight: 6, arbitrary: anyRecord }, { weight: 2, arbitrary: fc.oneof(...other) });
  const anySteps = fc.array(step, { maxLength: 120, size: "max" });
  return fc.tuple(fc.boolean(), anySteps).map(([oneKey, steps]) => {
    let now = 0;
    return steps.map((one): Step => {
      if (!("do" in one)) {
        const key = oneKey ? undefined : one.key;
        return { do: "record", record: { time: now + one.behind, key, user: one.user, n: one.n } };
      }
      if (one.do === "watermark") now += one.by;
      return one;
    });
  });
}

const anyAggregates = fc.constantFrom<Partial<typeof exact>>(exact, { users: exact.users }, { max: exact.max });

const anyLateness = fc.constantFrom(0, 1, 15, 1000);

function benchOf(windows: Windows, latenessMs: number, aggregates: Aggregates<Rec>): OperatorBench<Rec> {
  const late = latenessMs === 0 ? "drop" : "update";
  return new OperatorBench(windowAggregate({ windows, late, allowedLateness: latenessMs, aggregates }));
}

/** Does the steps from `from` on; on a crash goes back to the last checkpoint, once a crash. */
function runSteps(bench: OperatorBench<Rec>, steps: readonly Step[], disturbed: boolean): void {
  let now = 0;
  let back = { index: 0, now: 0 };
  const crashed = new Set<number>();
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    if (step.do === "record") bench.record(step.record, step.record.time, step.record.key);
    else if (step.do === "watermark") bench.watermark((now += step.by));
    else if (step.do === "idle") bench.task.idle!();
    else if (!disturbed) continue;
    else if (step.do === "checkpoint") {
      bench.checkpoint();
      back = { index: i, now };
    } else if (step.do === "compact") bench.compact();
    else if (!crashed.has(i)) {
      crashed.add(i);
      bench.crash();
      now = back.now;
      i = back.index === 0 ? -1 : back.index;
    }
  }
  bench.task.end!();
}

function askOracle(oracle: WindowOracle, steps: readonly Step[]): void {
  let now = 0;
  for (const step of steps) {
    if (step.do === "record") oracle.record(step.record);
    else if (step.do === "watermark") oracle.watermark((now += step.by));
    else if (step.do === "idle") oracle.flush();
  }
  oracle.flush();
}

test("what comes out is what the rules say, for all windows, orders, late modes and silences", () => {
  fc.assert(
    fc.property(anyWindows, anyLateness, anyAggregates, stepsOf(false), (windows, latenessMs, aggregates, steps) => {
      const bench = benchOf(windows, latenessMs, aggregates as Aggregates<Rec>);
      runSteps(bench, steps, false);
      const oracle = new WindowOracle(windows, latenessMs, Object.keys(aggregates));
      askOracle(oracle, steps);
      expect(bench.out).toEqual(oracle.out);
      expect(bench.sides).toEqual(oracle.late);
      expect(bench.count("late")).toBe(oracle.late.length);
      const updates = bench.out.filter((out) => (out as { window: { update: boolean } }).window.update).length;
      expect([bench.count("windows"), bench.count("updates")]).toEqual([bench.out.length - updates, updates]);
    }),
    { numRuns: 800 },
  );
});

test("checkpoints, compaction and crashes at any moment change nothing", () => {
  fc.assert(
    fc.property(anyWindows, anyLateness, stepsOf(true), (windows, latenessMs, steps) => {
      const undisturbed = benchOf(windows, latenessMs, all);
      runSteps(undisturbed, steps, false);
      const disturbed = benchOf(windows, latenessMs, all);
      runSteps(disturbed, steps, true);
      expect(disturbed.log).toEqual(undisturbed.log);
    }),
    { numRuns: 700 },
  );
});

test("when all windows are over, nothing is left stored but the watermark", () => {
  fc.assert(
    fc.property(anyWindows, anyLateness, stepsOf(true), (windows, latenessMs, steps) => {
      const bench = benchOf(windows, latenessMs, all);
      runSteps(bench, steps, true);
      bench.checkpoint();
      bench.watermark(100_000);
      bench.checkpoint();
      expect([...bench.stored.keys()]).toEqual(["watermark"]);
      expect(bench.task.status!()).toEqual({ openWindows: 0, oldestWindow: undefined });
    }),
    { numRuns: 300 },
  );
});
