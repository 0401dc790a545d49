import { describe, expect, test } from "vitest";
import { sleep } from "../core/clock.ts";
import type { DeadLetter } from "../core/dead-letter.ts";
import type { Random } from "../core/random.ts";
import { stream } from "../stream/stream.ts";
import {
  crash,
  drive,
  listSource,
  ManualClock,
  memoryCheckpoints,
  memorySink,
  pause,
  settled,
  TestRun,
} from "../testing/index.ts";
import { type CallInfo, type MapAsyncOptions, mapAsync } from "./map-async.ts";
import { notingSink } from "./noting-sink-fixture.ts";
import { testPolicies } from "./policies-fixture.ts";
import { type Passed, probe } from "./probe-fixture.ts";

/** Chance that always gives the longest wait. */
const longestWaits: Random = { next: () => 1, below: (below) => below - 1 };

/** Calls that take as long as they are told, and what was seen of them: `"<value> <attempt> @<ms>"`. */
function calls(clock: ManualClock, latencyMs: (value: number, attempt: number) => number) {
  const seen: string[] = [];
  const now = { running: 0, most: 0 };
  const call = async (value: number, { attempt, signal }: CallInfo) => {
    seen.push(`${value}.${attempt} @${clock.monotonic()}`);
    now.running += 1;
    now.most = Math.max(now.most, now.running);
    await sleep(clock, latencyMs(value, attempt), signal);
    now.running -= 1;
    return value * 10;
  };
  return { call, seen, now };
}

function run(
  items: Parameters<typeof listSource<number>>[0],
  options: MapAsyncOptions,
  latency: (value: number) => number,
) {
  const clock = new ManualClock();
  const sink = notingSink<number>();
  const { call, seen, now } = calls(clock, latency);
  const pipeline = stream("in", listSource(items, { batchRecords: 10 }))
    .keyBy("key", (n) => `k${n}`)
    .mapAsync("step", call, options)
    .to("out", sink);
  const test = new TestRun(pipeline, { clock, random: longestWaits });
  return { clock, sink, seen, now, test, pipeline, values: () => sink.noted.map(({ value }) => value) };
}

test("results leave in the order of their records, with their key and place, however long each call takes", async () => {
  const { test, sink } = run([1, 2, 3], {}, (n) => (n === 1 ? 300 : n));
  const status = await test.start().finish();
  expect(sink.noted.map(({ value, key, place }) => [value, key, place])).toEqual([
    [10, "k1", "item 0 of the list"],
    [20, "k2", "item 1 of the list"],
    [30, "k3", "item 2 of the list"],
  ]);
  const { in: taken, out, kind, own } = status.steps.find((step) => step.id === "step")!;
  expect({ taken, out, kind, own }).toEqual({
    taken: 3,
    out: 3,
    kind: "mapAsync",
    own: { inFlight: 0, waiting: 0, concurrency: 64 },
  });
});

test('with order "any", results leave as they come', async () => {
  const { test, values } = run([1, 2, 3], { order: "any" }, (n) => (n === 1 ? 300 : 10 - n));
  await test.start().finish();
  expect(values()).toEqual([30, 20, 10]);
});

describe("concurrency", () => {
  test("holds the source back at the bound, and lets it go on with each call that ends", async () => {
    const { test, seen, clock } = run([1, 2, 3, 4, 5], { concurrency: 2 }, () => 100);
    test.start();
    await test.advance(50);
    expect(test.job.status()).toMatchObject({
      sources: [{ activity: "held back", records: 0 }],
      steps: [{}, {}, { in: 2, own: { inFlight: 2 }, waitsFor: "waits for 2 of at most 2 calls" }, {}],
    });
    await test.finish();
    expect(seen).toEqual(["1.1 @0", "2.1 @0", "3.1 @100", "4.1 @100", "5.1 @200"]);
    expect(clock.monotonic()).toBe(300);
  });

  test("is kept when one record becomes more than may be called at once", async () => {
    const clock = new ManualClock();
    const { call, now, seen } = calls(clock, () => 100);
    const sink = memorySink<number>();
    const pipeline = stream("in", listSource([10, 20]))
      .flatMap("expand", (n) => [n, n + 1, n + 2, n + 3, n + 4])
      .mapAsync("step", call, { concurrency: 2 })
      .to("out", sink);
    const run = new TestRun(pipeline, { clock }).start();
    await run.advance(10);
    expect(run.job.status().steps.find((step) => step.id === "step")).toMatchObject({
      in: 5,
      own: { inFlight: 2, waiting: 3 },
    });
    await run.finish();
    expect(now.most).toBe(2);
    expect(seen).toHaveLength(10);
    expect(sink.values).toEqual([100, 110, 120, 130, 140, 200, 210, 220, 230, 240]);
  });

  test("is kept when more was under way at the checkpoint than may be now", async () => {
    const clock = new ManualClock();
    const sink = memorySink<number>();
    const checkpoints = memoryCheckpoints();
    const first = calls(clock, () => 5_000);
    const started = (concurrency: number, call: typeof first.call) =>
      new TestRun(
        stream("in", listSource([1, 2, 3, 4, 5, 6], { batchRecords: 6 }))
          .mapAsync("step", call, { concurrency })
          .to("out", sink),
        { clock, checkpoints },
      ).start();
    const wide = started(6, first.call);
    await wide.advance(1_500);
    wide.kill();
    const second = calls(clock, () => 100);
    await started(2, second.call).finish();
    expect(first.now.most).toBe(6);
    expect(second.now.most).toBe(2);
    expect(sink.values).toEqual([10, 20, 30, 40, 50, 60]);
  });

  test("results that wait for an earlier one count: what is held is bounded", async () => {
    const { test, seen } = run([1, 2, 3, 4, 5], { concurrency: 3 }, (n) => (n === 1 ? 1000 : 10));
    test.start();
    await test.advance(500);
    expect(seen).toEqual(["1.1 @0", "2.1 @0", "3.1 @0"]);
    await test.finish();
  });
});

describe("retries", () => {
  const failing =
    (times: number, clock: ManualClock, seen: string[]) =>
    async (value: number, { attempt }: CallInfo) => {
      seen.push(`${value}.${attempt} @${clock.monotonic()}`);
      if (value === 1 && attempt <= times) throw new Error(`try ${attempt} failed`);
      return value * 10;
    };

  test("come after a wait that doubles, up to the maximum, and are counted", async () => {
    const [clock, seen, sink] = [new ManualClock(), [] as string[], memorySink<number>()];
    const retry = { attempts: 6, baseMs: 100, maxMs: 500 };
    const status = await drive(
      stream("in", listSource([1, 2]))
        .mapAsync("step", failing(4, clock, seen), { retry })
        .to("out", sink),
      { clock, random: longestWaits },
    );
    expect(seen).toEqual(["1.1 @0", "2.1 @0", "1.2 @100", "1.3 @300", "1.4 @700", "1.5 @1200"]);
    expect(sink.values).toEqual([10, 20]);
    expect(status.steps.find((step) => step.id === "step")!.counters).toEqual({ retries: 4 });
  });

  test("end with the last try, whose error the policy gets", async () => {
    const [clock, seen] = [new ManualClock(), [] as string[]];
    const dead = memorySink<DeadLetter>();
    const sink = memorySink<number>();
    const options = { retry: { attempts: 3 }, onError: "deadLetter" } as const;
    await drive(
      stream("in", listSource([1, 2]))
        .mapAsync("step", failing(99, clock, seen), options)
        .to("out", sink)
        .deadLetters("dead", dead),
      { clock },
    );
    expect(seen.filter((text) => text.startsWith("1."))).toHaveLength(3);
    expect(sink.values).toEqual([20]);
    expect(dead.values).toMatchObject([{ step: "step", detail: "try 3 failed", place: "item 0 of the list" }]);
  });
});

describe("timeout", () => {
  test("ends a try whose time is up, tells it so by its signal, and tries again", async () => {
    const [clock, seen, sink] = [new ManualClock(), [] as string[], memorySink<number>()];
    const call = async (value: number, { attempt, signal }: CallInfo) => {
      await sleep(clock, attempt === 1 ? 60_000 : 1, signal);
      seen.push(`${attempt} @${clock.monotonic()} ${signal.aborted ? (signal.reason as Error).message : "in time"}`);
      return value;
    };
    await drive(
      stream("in", listSource([1]))
        .mapAsync("step", call, { timeout: "2s", retry: { attempts: 2 } })
        .to("out", sink),
      { clock, random: longestWaits },
    );
    expect(seen).toEqual(["1 @2000 no answer within 2s", "2 @2101 in time"]);
    expect(sink.values).toEqual([1]);
  });

  test("fails the record after the last try, with an error that says so", async () => {
    const never = () => new Promise<number>(() => {});
    const pipeline = stream("in", listSource([7]))
      .mapAsync("step", never, { timeout: 1500 })
      .to("out", memorySink());
    await expect(drive(pipeline)).rejects.toThrow(
      'ML2001 at step "step", item 0 of the list: no answer within 1500ms. ',
    );
  });

  test("no timer is left of a call that was in time", async () => {
    const timersWith = async (options: MapAsyncOptions) => {
      const { test, clock, values } = run([1, 2, pause(10_000)], options, () => 1);
      test.start();
      await test.advance(500);
      expect(values()).toEqual([10, 20]);
      return clock.timers;
    };
    expect(await timersWith({ timeout: "1h" })).toBe(await timersWith({}));
  });
});

describe("state", () => {
  test.each(["kept", "any"] as const)(
    "order %s: calls under way at a checkpoint are made again, each result is used once",
    async (order) => {
      const clock = new ManualClock();
      const sink = memorySink<number>();
      const { call, seen } = calls(clock, (n, attempt) => (n === 1 ? 10_000 : 10 * attempt));
      const pipeline = stream("in", listSource([1, 2, pause(3_000), 3, pause(60_000), 4]))
        .mapAsync("step", call, { order })
        .to("out", sink);
      const run = new TestRun(pipeline, { clock }).start();
      await run.advance(5_500);
      run.kill();
      expect(sink.values).toEqual(order === "kept" ? [] : [20, 30]);
      await run.start().finish();
      expect(sink.values).toEqual(order === "kept" ? [10, 20, 30, 40] : [20, 30, 10, 40]);
      const first = ["1.1 @0", "2.1 @0", "3.1 @3000"];
      const again = order === "kept" ? ["1.1 @5500", "2.1 @5500", "3.1 @5500"] : ["1.1 @5500"];
      expect(seen.slice(0, -1)).toEqual([...first, ...again]);
      expect(seen.at(-1)).toMatch(/^4\.1 /);
    },
  );

  test("what is called again keeps its key, event time and place, and stays ahead of the watermark", async () => {
    const clock = new ManualClock();
    const checkpoints = memoryCheckpoints();
    const sink = notingSink<number>();
    const { call } = calls(clock, () => 2_000);
    const started = (log: Passed[]) =>
      new TestRun(
        stream("in", listSource([5_000, 9_000, pause(3_000)]))
          .keyBy("key", (n) => n / 1000)
          .eventTime("clock", (n) => n, { lag: 0 })
          .mapAsync("step", call)
          .via("probe", probe(log))
          .to("out", sink),
        { clock, checkpoints },
      ).start();
    const first = started([]);
    await first.advance(1_500);
    first.kill();
    const log: Passed[] = [];
    await started(log).finish();
    expect(log).toEqual([
      ["record", 50_000],
      ["record", 90_000],
      ["watermark", 9_000],
    ]);
    expect(sink.noted.map(({ key, time, place }) => [key, time, place])).toEqual([
      [5, 5_000, "item 0 of the list"],
      [9, 9_000, "item 1 of the list"],
    ]);
  });

  test("stopping waits for what is under way; nothing is called twice then", async () => {
    const { test, seen, values } = run([1, 2, pause(60_000), 3], {}, () => 500);
    test.start();
    await test.advance(100);
    await test.stop();
    expect(values()).toEqual([10, 20]);
    await test.start().finish();
    expect(values()).toEqual([10, 20, 30]);
    expect(seen).toHaveLength(3);
  });
});

test("a run that fails aborts the calls under way, and their answers go nowhere", async () => {
  const clock = new ManualClock();
  const sink = memorySink<number>();
  const aborted: number[] = [];
  const call = async (value: number, { signal }: CallInfo) => {
    await sleep(clock, value * 100, signal);
    if (signal.aborted) aborted.push(value);
    if (value === 1) throw new Error("no");
    return value;
  };
  const pipeline = stream("in", listSource([1, 2, 3], { batchRecords: 3 }))
    .mapAsync("step", call)
    .to("out", sink);
  await expect(drive(pipeline, { clock })).rejects.toMatchObject({ code: "ML2001", position: "item 0 of the list" });
  await settled();
  expect(aborted).toEqual([2, 3]);
  expect(sink.values).toEqual([]);
});

test("a call that rejects since the run is over is not tried again", async () => {
  const clock = new ManualClock();
  const call = async (_: number, { signal }: CallInfo) => {
    await sleep(clock, 60_000, signal);
    throw new Error("broken off");
  };
  const pipeline = stream("in", listSource([1, pause(10), crash()]))
    .mapAsync("step", call, { retry: { attempts: 9 } })
    .to("out", memorySink());
  await expect(drive(pipeline, { clock })).rejects.toMatchObject({ step: "in" });
  await settled();
  expect(clock.timers).toBe(0);
});

test("many calls may listen to their signal without a warning", async () => {
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on("warning", note);
  const clock = new ManualClock();
  const { call, now } = calls(clock, () => 10);
  const items = Array.from({ length: 60 }, (_, at) => at);
  await drive(
    stream("in", listSource(items, { batchRecords: 60 }))
      .mapAsync("step", call)
      .to("out", memorySink()),
    { clock },
  );
  await settled();
  process.off("warning", note);
  expect(now.most).toBe(60);
  expect(warnings).toEqual([]);
});

test.each([
  [{ concurrency: 0 }, 'ML1002: mapAsync: "concurrency" must be a whole number from 1, not 0'],
  [{ concurrency: Number.NaN }, 'ML1002: mapAsync: "concurrency" must be a whole number from 1, not NaN'],
  [{ order: "none" as never }, 'ML1002: mapAsync: "order" must be "kept" or "any", not "none"'],
  [{ retry: { attempts: 0 } }, 'ML1002: mapAsync: retry "attempts" must be a whole number from 1, not 0'],
  [{ timeout: "soon" }, 'ML1003: "soon" is not a duration'],
])("%o is refused when the pipeline is built", (options, message) => {
  expect(() => stream("in", listSource([1])).mapAsync("step", async (n) => n, options)).toThrow(message);
});

testPolicies((guard, onError) =>
  mapAsync(
    async (value: number) => {
      guard(value);
      return value;
    },
    { onError },
  ),
);
