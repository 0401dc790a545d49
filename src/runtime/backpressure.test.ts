import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DeadLetter } from "../core/dead-letter.ts";
import { CodedError } from "../core/errors.ts";
import type { Sink } from "../core/sink.ts";
import { stream } from "../stream/stream.ts";
import { listSource, ManualClock, memoryCheckpoints, memorySink, pause, settled, TestRun } from "../testing/index.ts";
import { batchOf, changedSink, changedSource } from "./parts-fixture.ts";

/** A sink with room for `room` values that is emptied, one at a time or whole, only by hand. */
function slowSink(room: number) {
  const values: unknown[] = [];
  let pending = 0;
  let most = 0;
  let waiting: (() => void) | undefined;
  const sink: Sink<unknown> = changedSink(memorySink<unknown>(), (writer) => ({
    write: (value, record) => {
      values.push(value);
      most = Math.max(most, ++pending);
      writer.write(value, record);
    },
    get full() {
      return pending >= room;
    },
    drain: () => new Promise<void>((resolve) => (waiting = resolve)),
  }));
  const empty = async () => {
    pending = 0;
    const resolve = waiting;
    waiting = undefined;
    resolve?.();
    await settled();
  };
  return { sink, values, empty, most: () => most };
}

/** A list whose reads are counted. */
function countedSource(batches: number, batchRecords: number) {
  const reads = { count: 0 };
  const items = Array.from({ length: batches * batchRecords }, (_, at) => at);
  const source = changedSource(listSource(items, { batchRecords }), (reader) => ({
    read: () => {
      reads.count += 1;
      return reader.read();
    },
  }));
  return { source, reads };
}

test("while a sink is full nothing is read, and a batch waits where it is", async () => {
  const { sink, values, empty } = slowSink(2);
  const { source, reads } = countedSource(3, 3);
  const run = new TestRun(stream("in", source).to("out", sink)).start();
  await settled();
  expect([values.length, reads.count]).toEqual([2, 1]);
  expect(run.job.status()).toMatchObject({
    state: "running",
    sources: [{ activity: "held back", heldBackBy: "out", silentMs: 0 }],
    steps: [
      {},
      { id: "out", in: 2, own: { full: true }, waitsFor: "waits for room: the other side takes less than comes" },
    ],
  });
  await empty();
  expect([values.length, reads.count]).toEqual([4, 2]);
  await empty();
  expect([values.length, reads.count], "full with the last record of a batch: the next is not asked for").toEqual([
    6, 2,
  ]);
  for (let at = 0; at < 3; at++) await empty();
  await run.finish();
  expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("stopped while held back, it goes on with exactly the record that comes next", async () => {
  const { sink, values } = slowSink(2);
  const items = ["a", "b", "c", "d", "e"];
  const checkpoints = memoryCheckpoints();
  const started = (to: Sink<unknown>) =>
    new TestRun(stream("in", listSource(items, { batchRecords: 5 })).to("out", to), { checkpoints }).start();
  const first = started(sink);
  await settled();
  first.job.stop();
  const status = await first.finish();
  expect(values).toEqual(["a", "b"]);
  expect(checkpoints.checkpoint).toMatchObject({ sources: { in: { list: 2 } }, sinks: { out: 2 } });
  expect(status.sources).toMatchObject([{ records: 2, bytes: 0, activity: "ended" }]);
  const rest = memorySink<unknown>({ delivery: "at-least-once" });
  await started(rest).finish();
  expect(rest.values).toEqual(["c", "d", "e"]);
});

test("a checkpoint taken while held back has the place in the middle of the batch", async () => {
  const { sink } = slowSink(3);
  const checkpoints = memoryCheckpoints();
  const run = new TestRun(stream("in", listSource([1, 2, 3, 4, 5, 6], { batchRecords: 6 })).to("out", sink), {
    checkpoints,
  }).start();
  await run.advance(1_100);
  expect(checkpoints.checkpoint).toMatchObject({ id: 1, sources: { in: { list: 3 } }, sinks: { out: 3 } });
  run.kill();
});

test("a dead-letter output that is full holds the sources back too", async () => {
  const { sink, values, empty } = slowSink(1);
  const reject = () => {
    throw new Error("no");
  };
  const pipeline = stream("in", listSource([1, 2, 3], { batchRecords: 3 }))
    .map("step", reject, { onError: "deadLetter" })
    .to("out", memorySink())
    .deadLetters("dead", sink as Sink<DeadLetter>);
  const run = new TestRun(pipeline).start();
  await settled();
  expect(values).toHaveLength(1);
  for (let at = 0; at < 3; at++) await empty();
  await run.finish();
  expect(values).toHaveLength(3);
});

describe("several sources", () => {
  test("share what room there is, in turn", async () => {
    const { sink, values, empty } = slowSink(1);
    const source = (name: string) =>
      stream(
        name,
        listSource(
          Array.from({ length: 20 }, (_, at) => `${name}${at}`),
          { batchRecords: 20 },
        ),
      );
    const run = new TestRun(source("a").merge("all", source("b"), source("c")).to("out", sink)).start();
    await settled();
    for (let at = 0; at < 29; at++) await empty();
    const taken = ["a", "b", "c"].map((name) => values.filter((value) => String(value).startsWith(name)).length);
    expect(values).toHaveLength(30);
    expect(Math.min(...taken), "but for who came first").toBeGreaterThanOrEqual(9);
    run.kill();
  });

  test("never bring more than there is room for; all comes through, each in its order", async () => {
    const source = fc.record({
      items: fc.array(fc.nat(3), { maxLength: 15 }),
      batchRecords: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(source, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        async (given, room) => {
          const clock = new ManualClock();
          const out = slowSink(room);
          const [first, ...others] = given.map(({ items, batchRecords }, at) => {
            const list = items.flatMap((gap, n) => (gap === 0 ? [`${at}.${n}`] : [pause(gap), `${at}.${n}`]));
            return stream(`in${at}`, listSource<string>(list, { batchRecords }));
          });
          const run = new TestRun(first!.merge("all", ...others).to("out", out.sink), { clock }).start();
          const done = run.job.done.then(() => true);
          for (let ms = 0; !(await Promise.race([done, settled()])); ms++) {
            expect(ms, "it goes on").toBeLessThan(1_000);
            await clock.advance(1);
            await out.empty();
          }
          expect(out.most()).toBeLessThanOrEqual(room);
          given.forEach(({ items }, at) => {
            const own = out.values.filter((value) => String(value).startsWith(`${at}.`));
            expect(own).toEqual(items.map((_, n) => `${at}.${n}`));
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  test("of different speed do not wait for one another", async () => {
    const sink = memorySink<string>();
    const slow = stream("slow", listSource([pause(60_000), "slow"]));
    const fast = stream("fast", listSource(["f1", pause(10), "f2", pause(10), "f3"]));
    const run = new TestRun(slow.merge("all", fast).to("out", sink)).start();
    await run.advance(100);
    expect(sink.values).toEqual(["f1", "f2", "f3"]);
    expect(run.job.status().sources).toMatchObject([
      { id: "slow", activity: "reading", silentMs: 100 },
      { id: "fast", activity: "ended", silentMs: 0 },
    ]);
    await run.finish();
    expect(sink.values).toEqual(["f1", "f2", "f3", "slow"]);
  });
});

test("a sink that cannot go on fails the run, naming the sink", async () => {
  const broken = changedSink(memorySink<number>(), () => ({
    full: true,
    drain: async () => {
      throw new Error("the other side is gone");
    },
  }));
  const run = new TestRun(stream("in", listSource([1, 2])).to("out", broken)).start();
  await expect(run.finish()).rejects.toThrow('ML2003 at step "out": the other side is gone. ');
});

test("what a sink throws at a value is told with the record's place", async () => {
  const picky = changedSink(memorySink<number>(), (writer) => ({
    write: (value, record) => {
      if (value === 3) throw new TypeError("3 has no text");
      writer.write(value, record);
    },
  }));
  const run = new TestRun(stream("in", listSource([1, 2, 3])).to("out", picky)).start();
  await expect(run.finish()).rejects.toThrow('ML2003 at step "out", item 2 of the list: 3 has no text. ');
});

test("what a sink throws with a code of its own keeps it, and gets the record's place and that code's advice", async () => {
  const full = changedSink(memorySink<number>(), () => ({
    write: () => {
      throw new CodedError("ML4003", "1 is too large");
    },
  }));
  const run = new TestRun(stream("in", listSource([1])).to("out", full)).start();
  await expect(run.finish()).rejects.toThrow(
    'ML4003 at step "out", item 0 of the list: 1 is too large. Raise the limit as the message says',
  );
});

test("sinks are told to send what they hold when nothing more comes for now", async () => {
  const flushes: number[] = [];
  const clock = new ManualClock();
  const sink = changedSink(memorySink<number>(), () => ({ flush: () => void flushes.push(clock.monotonic()) }));
  const run = new TestRun(stream("in", listSource([1, pause(50), 2])).to("out", sink), { clock }).start();
  await run.finish();
  expect(new Set(flushes)).toEqual(new Set([0, 50]));
});

test("a source that always has more lets sinks collect, but not for longer than the linger", async () => {
  const flushes: number[] = [];
  const clock = new ManualClock();
  let left = 40;
  const pending = changedSource(listSource<number>([]), () => ({
    pending: true,
    read: async () => {
      await clock.advance(1);
      return left-- === 0 ? "end" : batchOf([left]);
    },
  }));
  const sink = changedSink(memorySink<number>(), () => ({ flush: () => void flushes.push(clock.monotonic()) }));
  await new TestRun(stream("in", pending).to("out", sink), { clock }).start().job.done;
  expect(flushes).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40]);
});
