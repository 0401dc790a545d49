import { describe, expect, test } from "vitest";
import { OperatorBench } from "../../test/windows/bench.ts";
import { stream } from "../stream/stream.ts";
import { drive, listSource, memorySink } from "../testing/index.ts";
import { hopping, session, tumbling } from "../time/windows.ts";
import { IdTable } from "./aggregates/id-table.ts";
import { type Aggregate, count, distinct, sum } from "./aggregates/index.ts";
import { wordsOf } from "./aggregates/key-words.ts";
import { type Aggregates, type LateOptions, windowAggregate } from "./window.ts";

interface Visit {
  readonly user: string;
}

const minute = 60_000;
const noon = Date.UTC(2016, 6, 11, 12);
const users = { cnt: distinct((visit: Visit) => visit.user) };

function minutes(options: LateOptions & { sizes?: [string, ...string[]] } = {}): OperatorBench<Visit> {
  const { sizes = ["1m"], ...late } = options;
  return new OperatorBench(windowAggregate({ windows: tumbling(...sizes), aggregates: users, ...late }));
}

const inMinute = (start: number, update = false, size = 1) => ({
  key: undefined,
  window: { start: start * minute, end: (start + size) * minute, size: size * minute, update },
});

describe("when results come out", () => {
  test("a window goes out when event time reaches its end, with its last millisecond as time, and before the watermark", () => {
    const bench = minutes();
    bench.record({ user: "a" }, 10);
    bench.record({ user: "b" }, 59_999);
    bench.record({ user: "a" }, minute);
    bench.watermark(59_999);
    bench.watermark(minute);
    expect(bench.log).toEqual([
      { watermark: 59_999 },
      { out: { ...inMinute(0), cnt: 2 }, time: 59_999, key: undefined },
      { watermark: minute },
    ]);
  });

  test("windows that end together go by size, and keys in the order in which they came into the window", () => {
    const bench = minutes({ sizes: ["2m", "1m", "3m"] });
    for (const [user, time, key] of [
      ["a", minute, "y"],
      ["a", 0, "x"],
      ["a", minute, "x"],
    ] as const) {
      bench.record({ user }, time, key);
    }
    bench.watermark(10 * minute);
    const order = bench.out.map((out) => {
      const { key, window } = out as { key: string; window: { start: number; size: number } };
      return [window.start / minute, window.size / minute, key];
    });
    expect(order).toEqual([
      [0, 1, "x"],
      [1, 1, "y"],
      [1, 1, "x"],
      [0, 2, "y"],
      [0, 2, "x"],
      [0, 3, "y"],
      [0, 3, "x"],
    ]);
  });

  test("a record that is late for the minute still counts in the hour, and goes to the side output once", () => {
    const bench = minutes({ sizes: ["1m", "2m", "1h"] });
    bench.record({ user: "a" }, 0);
    bench.watermark(2 * minute);
    bench.record({ user: "b" }, 30);
    bench.task.end!();
    expect(bench.out.at(-1)).toEqual({ ...inMinute(0, false, 60), cnt: 2 });
    expect(bench.sides).toEqual([{ value: { user: "b" }, time: 30, window: { start: 0, end: minute, size: minute } }]);
    expect([bench.count("late"), bench.count("windows"), bench.count("updates")]).toEqual([1, 3, 0]);
  });

  test("a correction comes once, when event time moves on, and only if the result is another", () => {
    const bench = minutes({ late: "update", allowedLateness: "5m" });
    bench.record({ user: "a" }, 0);
    bench.watermark(minute);
    bench.record({ user: "a" }, 1);
    bench.watermark(minute + 1);
    expect(bench.out).toHaveLength(1);
    bench.record({ user: "b" }, 2);
    bench.record({ user: "c" }, 3);
    bench.watermark(minute + 1);
    expect(bench.out).toHaveLength(1);
    bench.watermark(minute + 2);
    expect(bench.out.slice(1)).toEqual([{ ...inMinute(0, true), cnt: 3 }]);
    bench.watermark(6 * minute - 1);
    bench.record({ user: "d" }, 4);
    bench.watermark(6 * minute);
    expect(bench.out.slice(2)).toEqual([{ ...inMinute(0, true), cnt: 4 }]);
    bench.record({ user: "e" }, 5);
    bench.task.end!();
    expect(bench.out).toHaveLength(3);
    expect([bench.count("late"), bench.count("windows"), bench.count("updates")]).toEqual([1, 1, 2]);
  });

  test("a window whose first record is late comes as new: there is nothing that it replaces", () => {
    const bench = minutes({ late: "update", allowedLateness: "5m" });
    bench.watermark(minute);
    bench.record({ user: "a" }, 0);
    bench.watermark(minute + 1);
    expect(bench.out).toEqual([{ ...inMinute(0), cnt: 1 }]);
  });

  test("silence lets out what is open and keeps it; its end then gives an update, or nothing", () => {
    const bench = minutes();
    bench.record({ user: "a" }, 0);
    bench.record({ user: "a" }, minute);
    bench.task.idle!();
    bench.task.idle!();
    expect(bench.out).toEqual([
      { ...inMinute(0), cnt: 1 },
      { ...inMinute(1), cnt: 1 },
    ]);
    bench.record({ user: "b" }, 1);
    bench.watermark(5 * minute);
    expect(bench.out.slice(2)).toEqual([{ ...inMinute(0, true), cnt: 2 }]);
    expect(bench.log.filter((event) => "idle" in event)).toHaveLength(2);
    expect(bench.count("late")).toBe(0);
  });

  test("sessions grow, join, and replace what went out of their parts", () => {
    const operator = windowAggregate({
      windows: session({ gap: 10 }),
      late: "update",
      allowedLateness: 100,
      aggregates: { n: count() },
    });
    const bench = new OperatorBench(operator);
    for (const time of [0, 5, 30]) bench.record("x", time, "k");
    bench.watermark(45);
    bench.record("x", 14, "k");
    bench.record("x", 22, "k");
    bench.watermark(46);
    const window = (start: number, end: number, update: boolean) => ({ start, end, size: end - start, update });
    expect(bench.out).toEqual([
      { key: "k", window: window(0, 15, false), n: 2 },
      { key: "k", window: window(30, 40, false), n: 1 },
      { key: "k", window: window(0, 40, true), n: 5 },
    ]);
  });

  test("a record is in each hopping window that holds it", () => {
    const bench = new OperatorBench(
      windowAggregate({ windows: hopping({ size: 30, every: 10 }), aggregates: { n: count() } }),
    );
    bench.record("x", 25);
    bench.task.end!();
    expect(bench.out.map((out) => (out as { window: { start: number } }).window.start)).toEqual([0, 10, 20]);
  });
});

describe("what cannot be", () => {
  test("a record without event time is told what is missing", () => {
    expect(() => minutes().record({ user: "a" }, Number.NaN)).toThrow(/ML1001 at step "windows".*eventTime step/);
  });

  test.each([Number.POSITIVE_INFINITY, -1e300, 9e15])("an event time of %s fails the record alone", (time) => {
    for (const windows of [tumbling("1m", "1h"), hopping({ size: "1m", every: 1_000 }), session({ gap: "1m" })]) {
      const bench = new OperatorBench(windowAggregate({ windows, aggregates: users }));
      bench.record({ user: "a" }, time);
      bench.record({ user: "a" }, 0);
      bench.task.end!();
      expect(bench.failures).toHaveLength(1);
      expect(bench.out.length).toBeGreaterThan(0);
    }
  });

  test("a record at which one aggregate's function throws is in no aggregate", () => {
    const aggregates = { n: count(), total: sum((value: number) => value) };
    const bench = new OperatorBench(windowAggregate({ windows: tumbling("1m"), aggregates }));
    for (const value of [1, Number.NaN, 2]) bench.record(value, 0);
    bench.task.end!();
    expect(bench.failures).toHaveLength(1);
    expect(bench.out).toEqual([{ ...inMinute(0), n: 2, total: 3 }]);
  });

  test("names that a result has already are refused, and no aggregates at all", () => {
    const withNames = (aggregates: Aggregates<unknown>) => () =>
      windowAggregate({ windows: tumbling("1m"), aggregates });
    expect(withNames({})).toThrow(/ML1001.*at least one/);
    expect(withNames({ window: count() })).toThrow(/ML1001.*"window"/);
  });
});

test("the step tells what it is, and what it waits for", () => {
  const operator = windowAggregate({ windows: tumbling("1m", "1d"), late: "update", aggregates: users });
  expect(operator.details).toBe("tumbling 1m, 1d; late: update within 1h; cnt: distinct");
  expect(operator.stateVersion).toBe('1; tumbling 1m, 1d; "cnt": distinct 2');
  const bench = new OperatorBench<Visit>(operator);
  expect(bench.task.waitsFor!()).toBeUndefined();
  bench.record({ user: "a" }, noon + 99 * minute);
  expect(bench.task.waitsFor!()).toMatch(/^window 2016-07-11T13:39:00Z \+1m .* 13:40:00Z, which has not begun$/);
  bench.watermark(noon + 99 * minute + 31_000);
  expect(bench.task.waitsFor!()).toBe(
    "window 2016-07-11T13:39:00Z +1m waits for event time 13:40:00Z, it is at 13:39:31Z",
  );
  bench.watermark(noon + 120 * minute);
  expect(bench.task.waitsFor!()).toMatch(/\+1d waits for event time 2016-07-12T00:00:00Z, it is at 14:00:00Z$/);
  expect(bench.task.status!()).toEqual({ openWindows: 2, oldestWindow: "2016-07-11T00:00:00Z +1d" });
});

describe("what a checkpoint costs", () => {
  test("windows that came and went since the last one are not written", () => {
    const bench = minutes();
    for (let i = 0; i < 50; i++) {
      bench.record({ user: "a" }, i * minute);
      bench.watermark(i * minute);
    }
    bench.checkpoint();
    expect([...bench.written.keys()]).toEqual(["49/0", "49/0/0", "watermark"]);
    bench.checkpoint();
    expect(bench.written.size).toBe(0);
  });

  test("of a million windows only those that changed are written", () => {
    const bench = new OperatorBench(windowAggregate({ windows: tumbling("1m"), aggregates: { n: count() } }));
    for (let key = 0; key < 20_000; key++) bench.record("x", 0, key);
    bench.checkpoint();
    expect(bench.written.size).toBe(20_000);
    bench.record("x", 1, 777);
    bench.record("x", 1, 778);
    bench.checkpoint();
    expect([...bench.written.keys()]).toEqual(["777/0", "778/0"]);
  });

  test("a day, its hours and its minutes store a user once", () => {
    const bench = minutes({ sizes: ["1m", "1h", "1d"] });
    for (let i = 0; i < 30_000; i++) {
      bench.record({ user: `user ${i % 1_000}` }, i * 1_000);
      bench.watermark(i * 1_000);
    }
    bench.checkpoint();
    const keys = [...bench.stored].filter(([name]) => name.includes("/k/"));
    const users = new IdTable();
    let stored = 0;
    for (const [, value] of keys) users.addAll(wordsOf(value), () => stored++);
    expect([stored, users.size]).toEqual([1_000, 1_000]);
  });
});

test("a run that keeps no checkpoints encodes no state at its end", async () => {
  const counting = count();
  const unsaved: Aggregate<unknown, number> = {
    ...counting,
    family: (sharing) => Object.assign(counting.family(sharing), { save: () => expect.fail("state was encoded") }),
  };
  const out = memorySink<{ readonly n: number }>();
  const pipeline = stream("in", listSource([1, 2, 30]))
    .eventTime("clock", (n) => n, { lag: 0 })
    .window("tens", tumbling(10))
    .aggregate({ n: unsaved })
    .to("out", out);
  await drive(pipeline);
  expect(out.values.map(({ n }) => n)).toEqual([2, 1]);
});

test("an aggregate of one's own fits in, and types follow", () => {
  const letters: Aggregate<Visit, number> = {
    ...sum((visit: Visit) => visit.user.length),
    kind: "letters",
  };
  const operator = windowAggregate<Visit, string, { letters: typeof letters; n: Aggregate<unknown, number> }>({
    windows: tumbling("1m"),
    aggregates: { letters, n: count() },
  });
  const bench = new OperatorBench(operator);
  bench.record({ user: "abc" }, 0, "k");
  bench.task.end!();
  expect(bench.out).toEqual([{ ...inMinute(0), key: "k", letters: 3, n: 1 }]);
});
