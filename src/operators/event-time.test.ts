import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Slice } from "../core/records.ts";
import { eventTime } from "./event-time.ts";
import { Bench } from "./event-time-fixture.ts";

const range = (count: number, time: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => time(index));
const numbers = (from: number, to: number) => range(to - from, (index) => from + index);
const second = 1000;
const hour = 3_600 * second;
const year = 365 * 24 * hour;
const seconds = (count: number, from = 0) => range(count, (index) => from + index * second);

/** Input, and what becomes of it: the numbers of the dead letters, and the highest watermark. */
interface Row {
  readonly name: string;
  readonly times: readonly number[];
  readonly dead: readonly number[];
  readonly highest: number;
}

const rows: Row[] = [
  { name: "an honest stream", times: seconds(500), dead: [], highest: 499 * second },
  { name: "one flipped bit", times: seconds(500).with(250, 2 ** 41), dead: [250], highest: 499 * second },
  {
    name: "every tenth frame from a wrong clock",
    times: seconds(500).map((time, index) => (index % 10 === 3 ? time + hour : time)),
    dead: numbers(0, 500).filter((index) => index % 10 === 3),
    highest: 499 * second,
  },
  {
    name: "a stream that resumes after hours",
    times: [...seconds(200), ...seconds(200, 6 * hour)],
    dead: [],
    highest: 6 * hour + 199 * second,
  },
  {
    name: "a stream that resumes after hours, every tenth frame from a wrong clock",
    times: [...seconds(200), ...seconds(200, 6 * hour)].map((time, index) => (index % 10 === 3 ? time + year : time)),
    dead: numbers(0, 400).filter((index) => index % 10 === 3),
    highest: 6 * hour + 199 * second,
  },
  { name: "a wrong first frame", times: seconds(300).with(0, year), dead: [0], highest: 299 * second },
  {
    name: "forty wrong first frames",
    times: seconds(300).fill(year, 0, 40),
    dead: numbers(0, 40),
    highest: 299 * second,
  },
  {
    name: "wrong frames at the end",
    times: seconds(300).fill(year, 290),
    dead: numbers(290, 300),
    highest: 289 * second,
  },
  { name: "fewer than a hundred", times: seconds(7), dead: [], highest: 6 * second },
  { name: "fewer than a hundred, one of them wrong", times: seconds(7).with(2, year), dead: [2], highest: 6 * second },
  { name: "a single frame", times: [5 * second], dead: [], highest: 5 * second },
  { name: "two frames that contradict each other", times: [year, 5 * second], dead: [0], highest: 5 * second },
  // No majority agrees on anything later than its middle.
  {
    name: "frames all years apart",
    times: range(9, (index) => index * year),
    dead: [5, 6, 7, 8],
    highest: 4 * year,
  },
  {
    name: "frames far behind",
    times: [...seconds(150, year), 3 * second, year + 150 * second],
    dead: [],
    highest: year + 150 * second,
  },
];

describe("event time", () => {
  test.each(rows)("$name", ({ times, dead, highest }) => {
    const bench = new Bench({ maxFuture: "1m" });
    bench.feedAll(times);
    bench.task.end?.();
    const deadInOrder = bench.deadIds.toSorted((a, b) => a - b);
    expect(deadInOrder).toEqual(dead);
    expect(bench.out.toSorted((a, b) => a - b)).toEqual(numbers(0, times.length).filter((id) => !dead.includes(id)));
    expect(bench.watermarks.at(-1)).toBe(highest);
    expect(new Set(bench.dead.map(([, reason]) => reason))).toEqual(
      new Set(dead.length === 0 ? [] : ["too far ahead"]),
    );
  });

  test("goes on at the 51st frame after an outage, each frame in its order and with its own watermark", () => {
    const bench = new Bench({ maxFuture: "1m", lag: "5s" });
    bench.feedAll(seconds(200));
    bench.log.length = 0;
    bench.feedAll(seconds(50, hour), undefined, 200);
    expect(bench.log).toEqual([]);
    bench.feed({ id: 250, ts: hour + 50 * second });
    expect(bench.log).toEqual(
      seconds(51, hour).flatMap((time, index) => [
        ["out", 200 + index, time],
        ["watermark", time - 5 * second],
      ]),
    );
    expect(bench.counters.get("held")?.value).toBe(151);
    expect(bench.counters.get("released")?.value).toBe(151);
  });

  test("refuses, while under a third is years ahead, exactly those, and nothing else comes late", () => {
    const groups = fc.array(fc.record({ at: fc.nat(3), years: fc.integer({ min: 1, max: 50 }), late: fc.nat(5) }), {
      minLength: 1,
      maxLength: 120,
    });
    fc.assert(
      fc.property(groups, (given) => {
        const times = given.flatMap(({ at, years, late }, group) =>
          range(3, (index) => (index === at ? years * year : (3 * group + index - late) * second)),
        );
        const wrong = numbers(0, times.length).filter((id) => times[id]! >= year);
        const bench = new Bench({ maxFuture: "1m", lag: "7s" });
        bench.feedAll(times);
        bench.task.end?.();
        expect(bench.deadIds).toEqual(wrong);
        expect(bench.out).toEqual(numbers(0, times.length).filter((id) => !wrong.includes(id)));
        let watermark = Number.NEGATIVE_INFINITY;
        for (const event of bench.log) {
          if (event[0] === "watermark") watermark = event[1];
          else if (event[0] === "out") expect(event[2]).toBeGreaterThanOrEqual(watermark);
        }
      }),
    );
  });

  test("gives the watermark right after the record that raised it, and only then", () => {
    const bench = new Bench({ lag: "5s" });
    bench.feedAll([10_000, 10_000, 9_000, 11_000]);
    expect(bench.log).toEqual([
      ["out", 0, 10_000],
      ["watermark", 5_000],
      ["out", 1, 10_000],
      ["out", 2, 9_000],
      ["out", 3, 11_000],
      ["watermark", 6_000],
    ]);
  });

  test("drops watermarks from before it", () => {
    expect(new Bench().task.watermark).toBeDefined();
    const bench = new Bench();
    bench.task.watermark!(99);
    expect(bench.log).toEqual([]);
  });

  test("is the lowest of the partitions' times", () => {
    const bench = new Bench({ lag: "1s" });
    bench.feed({ id: 0, ts: 10_000, from: "a" });
    bench.feed({ id: 1, ts: 4_000, from: "b" });
    bench.feed({ id: 2, ts: 20_000, from: "a" });
    bench.feed({ id: 3, ts: 15_000, from: "b" });
    bench.feed({ id: 4, ts: 30_000, from: "b" });
    expect(bench.watermarks).toEqual([9_000, 14_000, 19_000]);
  });

  test("waits for a partition that has not begun", () => {
    const bench = new Bench({ maxFuture: "1m" });
    bench.feed({ id: 0, ts: 0, from: "b" });
    bench.feedAll(seconds(150), "a", 1);
    expect(bench.watermarks).toEqual([]);
    expect(bench.task.waitsFor?.()).toBe(
      '1 records of partition "b" are held aside until there are 100 to begin with, or until it ends or falls silent',
    );
    bench.task.end?.();
    expect(bench.watermarks).toEqual([0]);
  });

  test("puts aside records that have no time, and hands failures to the step's policy", () => {
    const broken = new Error("no such field");
    const bench = new Bench({
      time: ({ ts }) => {
        if (ts < 0) throw broken;
        return ts;
      },
    });
    bench.feedAll([Number.NaN, Number.POSITIVE_INFINITY, -1, 5]);
    expect(bench.dead).toEqual([
      ["0", "no event time"],
      ["1", "no event time"],
    ]);
    expect(bench.failures).toEqual([broken]);
    expect(bench.out).toEqual([3]);
  });

  test("holds no more bytes than it may", () => {
    const bench = new Bench({ maxFuture: "1m", heldBytesMax: 100_000 });
    bench.feedAll(seconds(100));
    for (let id = 100; id < 104; id++) bench.feed({ id, ts: year }, new Uint8Array(30_000));
    expect(bench.deadIds).toEqual([100]);
  });

  test.each([false, true])("copies what it holds of memory that is used again (restarted: %s)", (restarted) => {
    const bench = new Bench({ maxFuture: "1m", time: (value) => Number((value as unknown as Slice).text()) });
    const slice = new Slice();
    for (const [id, text] of ["[7]", "[8]"].entries()) {
      slice.buffer = Buffer.from(text);
      slice.start = 1;
      slice.end = 2;
      bench.feed({ id, ts: 0 }, slice.buffer, slice);
      slice.buffer.fill(0);
    }
    bench.checkpoint();
    if (restarted) bench.restart();
    bench.task.end?.();
    expect(bench.texts).toEqual(["7 of [7]", "8 of [8]"]);
  });

  test("says what it does, and refuses options that mean nothing", () => {
    const time = () => 0;
    expect(eventTime({ time, lag: "5s", maxFuture: "1m", idle: "10s" }).details).toBe(
      "lag 5s, max future 1m, idle 10s",
    );
    expect(eventTime({ time, lag: 0 }).details).toBe("lag 0ms");
    expect(() => eventTime({ time, lag: "soon" })).toThrow(/ML1003/);
    expect(() => eventTime({ time, lag: 0, maxFuture: 0 })).toThrow(/ML1002.*maxFuture/);
    expect(() => eventTime({ time, lag: 0, idle: "0s" })).toThrow(/ML1002.*idle/);
  });

  test("tells where each partition stands, and who holds the watermark since when", async () => {
    const bench = new Bench({ lag: "5s", maxFuture: "1m" });
    expect(bench.task.waitsFor?.()).toBe("event time has not begun: no record has come yet");
    bench.feedAll(seconds(100), "a");
    await bench.clock.advance(60_000);
    bench.feed({ id: 100, ts: year, from: "a" });
    expect(bench.task.status?.()).toEqual({
      watermark: 94_000,
      watermarkSince: 1_000_000,
      partitions: [{ name: "a", highestTime: 99_000, watermark: 94_000, held: 1, idle: false }],
    });
    expect(bench.task.waitsFor?.()).toBe(
      '1 records of partition "a" are held aside as too far ahead of 1970-01-01T00:01:39.000Z',
    );
    bench.feed({ id: 101, ts: 100_000, from: "a" });
    expect(bench.task.status?.().watermarkSince).toBe(1_060_000);
  });
});

describe("event time of live input", () => {
  test("goes on without a partition that has fallen silent, and never back when that speaks again", async () => {
    const bench = new Bench({ idle: "10s" }, true);
    bench.feed({ id: 0, ts: 1000, from: "quiet" });
    for (let id = 1; id <= 12; id++) {
      bench.feed({ id, ts: id * 1000, from: "busy" });
      await bench.clock.advance(1000);
      if (id === 9) expect(bench.watermarks).toEqual([1000]);
    }
    expect(bench.watermarks).toEqual([1000, 10_000, 11_000, 12_000]);
    bench.feed({ id: 13, ts: 2000, from: "quiet" });
    bench.feed({ id: 14, ts: 13_000, from: "busy" });
    expect(bench.watermarks.at(-1)).toBe(12_000);
    bench.feed({ id: 15, ts: 20_000, from: "quiet" });
    expect(bench.watermarks.at(-1)).toBe(13_000);
  });

  test("decides on what is held and says so when all have fallen silent", async () => {
    const bench = new Bench({ idle: "10s", maxFuture: "1m" }, true);
    bench.feedAll([1000, year, 2000], "a");
    bench.feedAll([500], "b", 3);
    await bench.clock.advance(9_999);
    expect(bench.log).toEqual([]);
    await bench.clock.advance(1);
    expect(bench.log).toEqual([["out", 0, 1000], ["out", 2, 2000], ["out", 3, 500], ["watermark", 500], ["idle"]]);
    expect(bench.deadIds).toEqual([1]);
    expect(bench.clock.nextAtMs).toBeUndefined();
    expect(bench.task.waitsFor?.()).toBe("the input has fallen silent: event time goes on with the next record");
  });

  test("after a silence counts only what has come since", async () => {
    const bench = new Bench({ idle: "10s", maxFuture: "1m" }, true);
    bench.feedAll(seconds(300));
    await bench.clock.advance(11_000);
    bench.log.length = 0;
    bench.feedAll(seconds(5, hour).with(3, year), undefined, 300);
    expect(bench.log).toEqual([]);
    await bench.clock.advance(11_000);
    expect(bench.out).toEqual([300, 301, 302, 304]);
    expect(bench.deadIds).toEqual([303]);
  });

  test("takes no time for silence in which the pipeline itself kept the source waiting", async () => {
    const bench = new Bench({ idle: "10s" }, true);
    bench.feed({ id: 0, ts: 1000 });
    await bench.clock.advance(5_000);
    bench.busyMs = 600_000;
    await bench.clock.advance(600_000);
    expect(bench.log.at(-1)).toEqual(["watermark", 1000]);
    await bench.clock.advance(5_000);
    expect(bench.log.at(-1)).toEqual(["idle"]);
  });

  test("sets timers by the time that passes, not by the record", async () => {
    const bench = new Bench({ idle: "10s" }, true);
    for (let id = 0; id < 1000; id++) {
      bench.feed({ id, ts: id });
      await bench.clock.advance(10);
    }
    expect(bench.timersSet).toBeLessThan(15);
    expect(bench.log).not.toContainEqual(["idle"]);
    bench.task.end?.();
    expect(bench.clock.nextAtMs).toBeUndefined();
  });

  test("falls silent when nothing has ever come, once, as long as nothing does", async () => {
    const bench = new Bench({ idle: "10s" }, true);
    bench.restart();
    bench.busyMs = 4_000;
    await bench.clock.advance(13_999);
    expect(bench.log).toEqual([]);
    await bench.clock.advance(60_000);
    expect(bench.log).toEqual([["idle"]]);
    const spoken = new Bench({ idle: "10s" }, true);
    spoken.restart();
    await spoken.clock.advance(9_000);
    spoken.feed({ id: 0, ts: 5 });
    await spoken.clock.advance(9_999);
    expect(spoken.log).toEqual([
      ["out", 0, 5],
      ["watermark", 5],
    ]);
    await spoken.clock.advance(2_000);
    expect(spoken.log.at(-1)).toEqual(["idle"]);
  });

  test("of input with an end, or without `idle`, nothing is silence", async () => {
    for (const bench of [new Bench({ idle: "10s" }, false), new Bench({}, true)]) {
      bench.feed({ id: 0, ts: 1000 });
      await bench.clock.advance(hour);
      expect(bench.log).not.toContainEqual(["idle"]);
    }
  });

  test("takes the news of silence from before it", () => {
    const bench = new Bench({ maxFuture: "1m" }, true);
    bench.feedAll([5]);
    bench.task.idle!();
    expect(bench.log).toEqual([["out", 0, 5], ["watermark", 5], ["idle"]]);
  });
});

describe("event time's state", () => {
  test("is the same after a restart at any record", () => {
    const frames = fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 120 }),
        base: fc.constantFrom(0, 50, 3_000, 100_000),
        step: fc.nat(3),
        from: fc.constantFrom("a", "b", undefined),
        wrong: fc.constantFrom(0, 5),
      }),
      { maxLength: 6 },
    );
    const cuts = fc.array(fc.record({ at: fc.nat(500), whole: fc.boolean() }), { maxLength: 6 });
    fc.assert(
      fc.property(frames, cuts, (given, restarts) => {
        const times = given.flatMap(({ count, base, step, from, wrong }) =>
          range(
            count,
            (index) => base * second + index * step * 100 + (wrong > 0 && index % wrong === 0 ? year : 0),
          ).map((ts) => ({ ts, from })),
        );
        const undisturbed = new Bench({ maxFuture: "1m", lag: "2s" });
        const disturbed = new Bench({ maxFuture: "1m", lag: "2s" });
        times.forEach((frame, id) => {
          undisturbed.feed({ ...frame, id }, Uint8Array.of(id));
          for (const { whole } of restarts.filter(({ at }) => at === id)) {
            disturbed.checkpoint();
            const length = disturbed.log.length;
            disturbed.restart(whole);
            // The watermark that it gives again when it is back.
            disturbed.log.length = length;
          }
          disturbed.feed({ ...frame, id }, Uint8Array.of(id));
        });
        for (const { task } of [undisturbed, disturbed]) task.end?.();
        expect(disturbed.log).toEqual(undisturbed.log);
        expect(disturbed.dead).toEqual(undisturbed.dead);
      }),
    );
  });

  test("brings the last watermark back before the first record, and the watch for silence", async () => {
    const bench = new Bench({ lag: "1s", idle: "10s" }, true);
    bench.feed({ id: 0, ts: 5_000, from: "a" });
    bench.checkpoint();
    bench.log.length = 0;
    bench.restart();
    expect(bench.log).toEqual([["watermark", 4_000]]);
    await bench.clock.advance(10_000);
    expect(bench.log.at(-1)).toEqual(["idle"]);
  });

  test("says again that all were silent, and not that one was", async () => {
    const bench = new Bench({ idle: "10s" }, true);
    bench.feed({ id: 0, ts: 1000, from: "a" });
    await bench.clock.advance(5_000);
    bench.feed({ id: 1, ts: 900, from: "b" });
    for (const [ms, after] of [
      [6_000, [["watermark", 1000]]],
      [11_000, [["watermark", 1000], ["idle"]]],
    ] as const) {
      await bench.clock.advance(ms);
      bench.checkpoint();
      bench.log.length = 0;
      bench.restart();
      expect(bench.log).toEqual(after);
    }
  });

  test("of an idle partition remembers that it is", async () => {
    const bench = new Bench({ idle: "10s" }, true);
    bench.feed({ id: 0, ts: 1000, from: "quiet" });
    for (let id = 1; id <= 15; id++) {
      await bench.clock.advance(1000);
      bench.feed({ id, ts: id * 1000, from: "busy" });
    }
    bench.checkpoint();
    bench.restart();
    bench.feed({ id: 16, ts: 99_000, from: "busy" });
    expect(bench.watermarks.at(-1)).toBe(99_000);
  });

  test("is empty of held records when the input has ended", () => {
    const bench = new Bench({ maxFuture: "1m" });
    bench.feedAll([1000, year, 2000]);
    bench.checkpoint();
    bench.task.end?.();
    bench.checkpoint();
    bench.log.length = 0;
    bench.restart();
    bench.task.end?.();
    expect(bench.out).toEqual([]);
    expect(bench.deadIds).toEqual([1]);
  });

  test("costs an entry of less than 1 KB for each partition that had a record, and nothing for the others", () => {
    const bench = new Bench({ maxFuture: "1m" });
    bench.feedAll(seconds(500), "a");
    bench.feedAll(seconds(500), "b");
    bench.checkpoint();
    for (const value of bench.lastStored.values()) expect(value.length).toBeLessThan(1000);
    expect([...bench.lastStored.keys()]).toEqual(["p:a", "p:b", "watermark"]);
    bench.checkpoint();
    expect(bench.lastStored.size).toBe(0);
    bench.feed({ id: 0, ts: 1, from: "b" });
    bench.checkpoint();
    expect([...bench.lastStored.keys()]).toEqual(["p:b"]);
  });
});
