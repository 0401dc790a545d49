import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Slice } from "../core/records.ts";
import type { Sink } from "../core/sink.ts";
import { stream } from "../stream/stream.ts";
import { type ListItem, Tagged } from "../testing/happening.ts";
import { drive, listSource, ManualClock, memorySink, pause, simulateSeeds, TestRun } from "../testing/index.ts";
import type { ResequenceOptions } from "./resequence-settings.ts";

const by = (n: number) => n;

/** Runs numbers through the step; what came out by port, and what the step tells of itself. */
async function run(items: readonly ListItem<number>[], options: Partial<ResequenceOptions<number>> = {}, batch = 7) {
  const sinks = { out: memorySink<number>(), late: memorySink(), duplicate: memorySink(), tooFar: memorySink() };
  const ordered = stream("numbers", listSource(items, { batchRecords: batch })).resequence("order", { by, ...options });
  const pipeline = ordered
    .to("out", sinks.out)
    .and(
      ordered.side("late").to("late", sinks.late),
      ordered.side("duplicate").to("duplicate", sinks.duplicate),
      ordered.side("tooFar").to("tooFar", sinks.tooFar),
    );
  const clock = new ManualClock();
  const status = await drive(pipeline, { clock });
  const step = status.steps.find(({ id }) => id === "order")!;
  return { ...sinks, counters: step.counters, endMs: clock.monotonic() };
}

/** `upTo(3)` is 1, 2, 3. */
function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

test("puts back in order what was shuffled, once each, whatever is missing or comes again", async () => {
  const sent = fc.integer({ min: 1, max: 120 }).chain((last) => {
    const numbers = fc.shuffledSubarray(upTo(last), { minLength: 1 });
    return fc.tuple(numbers, fc.array(fc.nat(), { maxLength: 10 }), fc.integer({ min: 1, max: 20 }));
  });
  await fc.assert(
    fc.asyncProperty(sent, async ([numbers, repeats, batch]) => {
      const again = repeats.map((at) => numbers[at % numbers.length]!);
      const { out, late, duplicate, counters } = await run([...numbers, ...again], {}, batch);
      const sorted = [...numbers].sort((a, b) => a - b);
      expect(out.values).toEqual(sorted);
      expect([...duplicate.values]).toEqual(again);
      expect(late.values).toEqual([]);
      expect(counters["skipped:end"] ?? 0).toBe(sorted.at(-1)! - sorted.length);
    }),
    { numRuns: 150 },
  );
});

test("the worst orders: all but the first backwards, the first last", async () => {
  for (const size of [2, 63, 64, 65, 1000, 5000]) {
    const { out, counters } = await run([...upTo(size, 2).reverse(), 1], { capacity: size }, 4096);
    expect(out.values).toEqual(upTo(size));
    expect(counters["skipped:full"]).toBeUndefined();
  }
});

test("numbers up to the largest safe one are told apart", async () => {
  const top = Number.MAX_SAFE_INTEGER;
  const { out } = await run([top, top - 2, top - 1], { first: top - 2 });
  expect(out.values).toEqual([top - 2, top - 1, top]);
});

describe("a missing number", () => {
  test("is waited for from when it was first missed, not from when it became the next", async () => {
    const items = [2, pause(600), 5, pause(399), 1, pause(0), pause(600), 6, pause(300), 7];
    const { out, counters, endMs } = await run([...items, pause(2000), 3, 4]);
    // 3 and 4 are missed since 5 came at 600 ms: they are skipped at 1600, though 1 came at 999.
    expect(out.values).toEqual([1, 2, 5, 6, 7]);
    expect(counters).toMatchObject({ "skipped:timeout": 2, late: 2 });
    expect(endMs).toBe(3899);
  });

  test("is in time when it has arrived by the end of its time, though nobody has read it yet", async () => {
    const { out, counters } = await run([1, 3, pause(1000), 2, 4], {}, 1);
    expect(out.values).toEqual([1, 2, 3, 4]);
    expect(counters["skipped:timeout"]).toBeUndefined();
  });

  test("lets nothing by until the very end of its time, and everything then", async () => {
    const moments = async (ms: number) => (await run([1, 3, 4, pause(ms), 2])).out.values;
    expect(await moments(999)).toEqual([1, 2, 3, 4]);
    expect(await moments(1001)).toEqual([1, 3, 4]);
  });

  test("goes to the side output when it comes after all, and so it does the second time", async () => {
    const { out, late, duplicate, counters } = await run([1, 3, pause(1500), 2, 2, 1, 3, 4]);
    expect(out.values).toEqual([1, 3, 4]);
    expect(late.values).toEqual([2, 2]);
    expect(duplicate.values).toEqual([1, 3]);
    expect(counters).toMatchObject({ late: 2, duplicate: 2, "skipped:timeout": 1 });
  });

  test("is waited for without end when told so, but for capacity", async () => {
    const wait = { gapTimeout: "never", capacity: 10 } as const;
    expect((await run([2, 3, pause(80_000_000), 1], wait)).out.values).toEqual([1, 2, 3]);
    const { out, late, counters } = await run([...upTo(10, 2), 11, 1, 12], wait);
    expect(out.values).toEqual(upTo(12, 2));
    expect(late.values).toEqual([1]);
    expect(counters).toMatchObject({ "skipped:full": 1 });
  });

  test("does not lose time while the sources are held back", async () => {
    const clock = new ManualClock();
    const values: number[] = [];
    // Full for 10 s at the record 1.
    let drained = true;
    const slow: Sink<number> = {
      traits: { name: "slow", delivery: "at-least-once" },
      open: async () => ({
        get full() {
          return !drained;
        },
        write: (value) => {
          values.push(value);
          if (value === 1) drained = false;
        },
        drain: () =>
          new Promise((resolve) => {
            clock.timer(10_000, () => {
              drained = true;
              resolve();
            });
          }),
        flush: () => {},
        prepare: async () => null,
        close: async () => {},
      }),
    };
    const pipeline = stream("numbers", listSource([3, pause(500), 1, 2], { batchRecords: 1 })).resequence("order", {
      by,
    });
    await drive(pipeline.to("out", slow), { clock });
    expect(values).toEqual([1, 2, 3]);
  });
});

test("a number absurdly far ahead is put aside, reserves nothing and moves nothing", async () => {
  const far = [2 ** 53 - 1, 1e15, 201, 100];
  const { out, tooFar, counters } = await run([...far, ...upTo(99)], { capacity: 100 });
  // 100 is within the window, 201 is not.
  expect(out.values).toEqual(upTo(100));
  expect(tooFar.values).toEqual(far.slice(0, 3));
  expect(counters.tooFar).toBe(3);
});

test("a stream with many holes goes on beyond the window when the window is half full, losing only holes", async () => {
  const numbers = upTo(3000).filter((n) => n % 5 !== 1);
  const { out, tooFar } = await run(numbers, { capacity: 100, gapTimeout: "never" }, 1000);
  expect(out.values).toEqual(numbers);
  expect(tooFar.values).toEqual([]);
});

test("no more bytes wait than told", async () => {
  const options = { gapTimeout: "never", capacityBytes: 100, sizeOf: () => 10 } as const;
  const { out, counters } = await run(upTo(12, 2), options);
  expect(out.values).toEqual(upTo(12, 2));
  expect(counters).toMatchObject({ "skipped:full": 1 });
});

test("what is no number, or below the first, is a dead letter", async () => {
  const { out, counters } = await run([Number.NaN, 1.5, -1, 0, 2 ** 53, 1], {});
  expect(out.values).toEqual([1]);
  expect(counters).toMatchObject({ "dead:no sequence number": 3, "dead:before the first number": 2 });
});

test("a long run leaves in parts, so that a sink is never more than a record over its bound", async () => {
  const out = memorySink<number>({ pendingRecordsMax: 10 });
  const items = [...upTo(20_000, 2), pause(10), 1];
  const pipeline = stream("numbers", listSource(items, { batchRecords: 500 })).resequence("order", { by });
  await drive(pipeline.to("out", out));
  expect(out.values).toEqual(upTo(20_000));
  expect(out.pendingRecordsPeak).toBeLessThanOrEqual(11);
});

test("watermarks stay behind the records that waited when they came", async () => {
  const log: unknown[] = [];
  const pipeline = stream("numbers", listSource([1, 3, 4, 2, 6], { batchRecords: 1, live: false }))
    .eventTime("clock", (n) => n * 1000, { lag: 0 })
    .resequence("order", { by })
    .via("log", {
      kind: "log",
      open: (context) => ({
        record: (value) => {
          log.push(value);
          context.emit(value);
        },
        watermark: (time) => log.push(`w${time / 1000}`),
      }),
    });
  await drive(pipeline.to("out", memorySink()));
  expect(log).toEqual([1, "w1", 2, 3, "w3", 4, "w4", 6, "w6"]);
});

test("numbers of several partitions are one sequence, and a record keeps its partition", async () => {
  const items = [new Tagged("b", 2), new Tagged("a", 1), new Tagged("b", 3)];
  const partitions: unknown[] = [];
  const pipeline = stream("numbers", listSource<number>(items))
    .resequence("order", { by })
    .via("look", {
      kind: "look",
      open: (context) => ({ record: (n) => void partitions.push([n, context.record.partition?.name]) }),
    });
  await drive(pipeline.to("out", memorySink()));
  expect(partitions).toEqual([
    [1, "a"],
    [2, "b"],
    [3, "b"],
  ]);
});

test("what waits, and what was skipped, survives a crash", async () => {
  const order = fc.shuffledSubarray(upTo(60), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(order, fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 6 }), async (numbers, lives) => {
      const out = memorySink<number>();
      const late = memorySink<number>();
      const items = numbers.flatMap((n) => [n, pause(20)]);
      const ordered = stream("numbers", listSource<number>(items)).resequence("order", { by, gapTimeout: "never" });
      const run = new TestRun(ordered.to("out", out).and(ordered.side<number>("late").to("late", late)), {
        checkpointInterval: "50ms",
      });
      run.start();
      for (const ms of lives) {
        await run.advance(ms);
        run.kill();
        run.start();
      }
      await run.finish();
      expect(out.values).toEqual([...numbers].sort((a, b) => a - b));
      expect(late.values).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

/** Many wait: most of them as bytes. */
const many = 15_000;

const digits = {
  encode: (n: number) => Buffer.from(String(n)),
  decode: (bytes: Uint8Array) => Number(Buffer.from(bytes)),
};

/** The numbers in blocks of so many, the first of each block last, every 50th twice. */
function backwards(last: number, block: number): number[] {
  const numbers = upTo(last);
  const blocks = Array.from({ length: Math.ceil(last / block) }, (_, n) => numbers.slice(n * block, (n + 1) * block));
  return blocks.flatMap(([first, ...rest]) => [
    ...rest.reverse().flatMap((n) => (n % 50 === 0 ? [n, n] : [n])),
    first!,
  ]);
}

test.each([
  { kept: "as bytes, by a codec", codec: digits },
  { kept: "as objects, without one", codec: undefined },
])(
  "many that wait are all there, in order, once, and numbers below and above them are told: $kept",
  async ({ codec }) => {
    const items = [...backwards(3 * many, many), pause(10), 5 * many, pause(1500), 3 * many + 1];
    const { out, late, duplicate, tooFar, counters } = await run(items, { codec, capacity: 3 * many }, 1000);
    expect(out.values).toEqual([...upTo(3 * many), 5 * many]);
    expect(duplicate.values).toHaveLength((3 * many) / 50);
    expect(late.values).toEqual([3 * many + 1]);
    expect(tooFar.values).toEqual([]);
    expect(counters).toMatchObject({ "skipped:timeout": 2 * many - 1 });
  },
);

test("slices are kept as they were when they came, however many wait", async () => {
  const slice = new Slice();
  slice.buffer = Buffer.alloc(20);
  const out = memorySink<string>();
  const pipeline = stream("numbers", listSource(backwards(many, many)))
    .map("slice", (n) => {
      slice.end = Buffer.from(slice.buffer.buffer, slice.buffer.byteOffset).write(`${n}`);
      return slice;
    })
    .resequence("order", { by: (line) => Number(line.text()) })
    .map("text", (line) => line.text())
    .to("out", out);
  await drive(pipeline);
  expect(out.values).toEqual(upTo(many).map(String));
});

test("many that wait survive crashes", async () => {
  const out = memorySink<number>();
  const late = memorySink<number>();
  const items = backwards(2 * many, many).flatMap((n) => (n % 500 === 0 ? [n, pause(20)] : [n]));
  const options = { by, gapTimeout: "never", codec: digits } as const;
  const ordered = stream("numbers", listSource<number>(items, { batchRecords: 100 })).resequence("order", options);
  const pipeline = ordered.to("out", out).and(ordered.side<number>("late").to("late", late));
  const run = new TestRun(pipeline, { checkpointInterval: "50ms" }).start();
  for (const ms of [150, 260, 170, 300]) {
    await run.advance(ms);
    run.kill();
    run.start();
  }
  await run.finish();
  expect(out.values).toEqual(upTo(2 * many));
  expect(late.values).toEqual([]);
});

test("a simulated run with crashes, stalls and duplicates gives what an undisturbed one does", async () => {
  const reports = await simulateSeeds(
    {
      name: "resequence",
      bounds: { "order.waiting": 40 },
      pipeline: (world) => {
        const numbers = upTo(120).filter((n) => n % 17 !== 0);
        const items: ListItem<number>[] = [];
        for (let from = 0; from < numbers.length; from += 10) {
          const part = numbers.slice(from, from + 10);
          while (part.length > 0) items.push(part.splice(world.random.below(part.length), 1)[0]!);
        }
        return stream("numbers", listSource(items, { batchRecords: 3 }))
          .resequence("order", { by, gapTimeout: "never", capacity: 20 })
          .to("memory", memorySink({ pendingRecordsMax: 5 }));
      },
    },
    1,
    40,
  );
  expect(reports.filter(({ crashes }) => crashes > 0).length).toBeGreaterThan(10);
});
