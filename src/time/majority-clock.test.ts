import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MajorityClock } from "./majority-clock.ts";

/** `["out", id]` handed on, `["dead", id]` refused, `["clock", time]` the highest time rose. */
type Event = readonly ["out" | "dead" | "clock", number];

/** A record's time, or silence. */
type Step = number | "silence";

const maxFutureMs = 60;
const unbounded = Number.POSITIVE_INFINITY;

/** The clock as a step uses it; records are their numbers, each of `bytes` bytes. */
function start(events: Event[], heldBytesMax = unbounded): MajorityClock<number> {
  return new MajorityClock(maxFutureMs, heldBytesMax, {
    release: (id) => events.push(["out", id]),
    refuse: (id) => events.push(["dead", id]),
    advanced: (clock) => events.push(["clock", clock.highest]),
  });
}

function feed(clock: MajorityClock<number>, events: Event[], time: number, id: number, bytes = 1): void {
  if (clock.arrive(time)) {
    events.push(["out", id]);
    clock.passed(time);
  } else clock.hold(time, bytes, id);
}

function run(steps: readonly Step[], bytesMax = unbounded, cuts: ReadonlySet<number> = new Set()): Event[] {
  const events: Event[] = [];
  let clock = start(events, bytesMax);
  steps.forEach((step, id) => {
    if (cuts.has(id)) {
      const snapshot = structuredClone(clock.snapshot());
      clock = start(events, bytesMax);
      clock.restore(snapshot);
    }
    if (step === "silence") clock.settle();
    else feed(clock, events, step, id);
    expect(clock.heldCount).toBeLessThanOrEqual(100);
    expect(clock.heldBytes).toBeLessThanOrEqual(bytesMax);
  });
  clock.settle();
  return events;
}

/** The rule, as plainly as it can be said; a record held takes one byte. */
function oracle(steps: readonly Step[], bytesMax: number): Event[] {
  const events: Event[] = [];
  let highest: number | undefined;
  let last: { id: number; time: number; held: boolean }[] = [];

  const accept = (record: { id: number; time: number; held: boolean }) => {
    record.held = false;
    events.push(["out", record.id]);
    if (highest !== undefined && record.time <= highest) return;
    highest = record.time;
    events.push(["clock", highest]);
  };
  const releaseFrom = (start: number) => {
    let level = start;
    for (;;) {
      const next = last.find((one) => one.held && one.time > level && one.time <= level + maxFutureMs);
      if (next === undefined) break;
      level = next.time;
    }
    const released = last.filter((one) => one.held && one.time <= level);
    for (const record of released) accept(record);
    return released.length > 0;
  };
  const far = () => last.filter((one) => highest === undefined || one.time > highest + maxFutureMs).length;
  const follow = () => {
    if (far() <= Math.floor(last.length / 2)) return false;
    const descending = last.map((one) => one.time).sort((a, b) => b - a);
    return releaseFrom(descending[Math.floor(last.length / 2)]!);
  };
  const held = () => last.filter((one) => one.held);
  const settle = () => {
    while (follow()) {}
    for (const one of last) if (one.held) events.push(["dead", one.id]);
    last = [];
  };

  for (const [id, step] of steps.entries()) {
    if (step === "silence") {
      settle();
      continue;
    }
    const gone = last.length === 100 ? last.shift() : undefined;
    if (gone?.held) events.push(["dead", gone.id]);
    const record = { id, time: step, held: highest === undefined || step > highest + maxFutureMs };
    last.push(record);
    if (!record.held) {
      accept(record);
      if (last.some((one) => one.held)) releaseFrom(highest!);
    } else if (highest === undefined ? last.length === 100 || held().length > bytesMax : far() > 50) follow();
    while (held().length > bytesMax) {
      const oldest = held()[0]!;
      oldest.held = false;
      events.push(["dead", oldest.id]);
    }
  }
  settle();
  return events;
}

const ids = (events: readonly Event[], kind: Event[0]) =>
  events.filter((event) => event[0] === kind).map((event) => event[1]);
const range = (count: number, time: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => time(index));
const day = 86_400_000;

/** Runs of records that belong together, with strangers among them: what makes every branch of the rule happen. */
const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      count: fc.integer({ min: 1, max: 160 }),
      base: fc.constantFrom(0, 40, 100, 160, 1000, 1060, 5000, 100_000),
      spread: fc.integer({ min: 0, max: 4 }),
      stranger: fc.constantFrom(0, 2, 3, 10),
      strangers: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 5 }),
      jitter: fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 40 }),
      silence: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((runs) =>
    runs.flatMap(({ count, base, spread, stranger, strangers, jitter, silence }) => {
      const times = range(count, (index) =>
        stranger > 0 && index % stranger === 0
          ? base + 20 * strangers[index % strangers.length]!
          : base + 20 * (jitter[index % jitter.length]! % (spread + 1)),
      );
      return silence ? [...times, "silence" as const] : times;
    }),
  );

const bytes = fc.constantFrom(unbounded, unbounded, 60, 20, 3);

describe("the majority's clock", () => {
  test("does what the rule says, record by record", () => {
    fc.assert(
      fc.property(steps, bytes, (given, bytesMax) => {
        expect(run(given, bytesMax)).toEqual(oracle(given, bytesMax));
      }),
      { numRuns: 500 },
    );
  });

  test("is the same when it is stored and restored anywhere", () => {
    const cuts = fc.array(fc.nat(400), { maxLength: 8 });
    fc.assert(
      fc.property(steps, bytes, cuts, (given, bytesMax, at) => {
        expect(run(given, bytesMax, new Set(at))).toEqual(run(given, bytesMax));
      }),
    );
  });

  test("loses no record and doubles none", () => {
    fc.assert(
      fc.property(steps, bytes, (given, bytesMax) => {
        const events = run(given, bytesMax);
        const seen = [...ids(events, "out"), ...ids(events, "dead")].sort((a, b) => a - b);
        expect(seen).toEqual(given.flatMap((step, id) => (step === "silence" ? [] : [id])));
      }),
    );
  });

  test("refuses exactly the wrong ones while they are fewer than a third, and keeps the order of the others", () => {
    const groups = fc.array(fc.record({ at: fc.nat(3), years: fc.integer({ min: 1, max: 50 }), late: fc.nat(20) }), {
      minLength: 1,
      maxLength: 150,
    });
    fc.assert(
      fc.property(groups, (given) => {
        // Of each three records at most one is wrong; the good ones go on by 10 ms, some up to 20 ms behind.
        const times = given.flatMap(({ at, years, late }, group) =>
          range(3, (index) => (index === at ? years * 365 * day : (group * 3 + index) * 10 - late)),
        );
        const wrong = times.flatMap((time, id) => (time >= 365 * day ? [id] : []));
        const events = run(times);
        expect(ids(events, "dead")).toEqual(wrong);
        expect(ids(events, "out")).toEqual(times.map((_, id) => id).filter((id) => !wrong.includes(id)));
        expect(Math.max(...ids(events, "clock"))).toBeLessThan(365 * day);
      }),
    );
  });

  test("starts at the 100th record, at the end, or at a silence", () => {
    const events: Event[] = [];
    const clock = start(events);
    for (let id = 0; id < 99; id++) feed(clock, events, id, id);
    expect(events).toEqual([]);
    feed(clock, events, 99, 99);
    expect(ids(events, "out")).toEqual(range(100, (id) => id));
    expect(clock.highest).toBe(99);
    expect(run([5, 6, "silence", 7])).toEqual([
      ["out", 0],
      ["clock", 5],
      ["out", 1],
      ["clock", 6],
      ["out", 3],
      ["clock", 7],
    ]);
  });

  test("follows at the 51st record that is far ahead, not before", () => {
    const events: Event[] = [];
    const clock = start(events);
    for (let id = 0; id < 200; id++) feed(clock, events, id, id);
    for (let id = 200; id < 250; id++) feed(clock, events, day + id, id);
    expect(clock.highest).toBe(199);
    expect(clock.heldCount).toBe(50);
    feed(clock, events, day + 250, 250);
    expect(clock.highest).toBe(day + 250);
    expect(ids(events, "out")).toEqual(range(251, (id) => id));
  });

  test("refuses a held record when it leaves the last hundred", () => {
    const events: Event[] = [];
    const clock = start(events);
    for (let id = 0; id < 100; id++) feed(clock, events, id, id);
    feed(clock, events, day, 100);
    for (let id = 101; id < 200; id++) feed(clock, events, id, id);
    expect(ids(events, "dead")).toEqual([]);
    feed(clock, events, 200, 200);
    expect(ids(events, "dead")).toEqual([100]);
  });

  test("lets a held record go as soon as the clock comes near enough, after the record that moved it", () => {
    const times = [...range(100, () => 0), 61, 100, 50, 1];
    // 61 and 100 are too far from 0. 50 brings both: 61 is near 50, and 100 is near 61.
    const out = ids(run(times), "out").slice(100);
    expect(out).toEqual([102, 100, 101, 103]);
    // 100 is too far from 39, and just near enough to 40.
    expect(ids(run([...range(100, () => 0), 100, 39, 38, 40, 1]), "out").slice(100)).toEqual([101, 102, 103, 100, 104]);
  });

  test("keeps no more bytes than it may, and gives up the oldest", () => {
    const events: Event[] = [];
    const clock = start(events, 30);
    for (let id = 0; id < 100; id++) feed(clock, events, 0, id, 0);
    for (let id = 100; id < 104; id++) feed(clock, events, day, id, 10);
    expect(ids(events, "dead")).toEqual([100]);
    expect(clock.heldBytes).toBe(30);
    feed(clock, events, day, 104, 31);
    expect(ids(events, "dead")).toEqual([100, 101, 102, 103, 104]);
    expect(clock.heldBytes).toBe(0);
  });

  test("moves on with the stream even when the records are too large to hold a majority of them", () => {
    const events: Event[] = [];
    const clock = start(events, 30);
    for (let id = 0; id < 100; id++) feed(clock, events, 0, id, 0);
    for (let id = 100; id < 160; id++) feed(clock, events, day + id, id, 10);
    expect(clock.highest).toBe(day + 159);
    expect(ids(events, "dead")).toEqual(range(47, (index) => 100 + index));
  });

  test("starts early, losing nothing, when the first records are too large to hold a hundred", () => {
    const events: Event[] = [];
    const clock = start(events, 30);
    for (let id = 0; id < 200; id++) feed(clock, events, id === 0 ? day : id, id, 10);
    clock.settle();
    expect(ids(events, "dead")).toEqual([0]);
    expect(ids(events, "out")).toEqual(range(199, (index) => index + 1));
  });

  test("takes no record along with others that were given up themselves", () => {
    const events: Event[] = [];
    const clock = start(events, 5);
    feed(clock, events, 0, 0, 10);
    for (let id = 1; id <= 40; id++) feed(clock, events, 100, id, 10);
    for (const [index, time] of [50, 150].entries()) feed(clock, events, time, 41 + index);
    clock.settle();
    // Most are at 100 by now, from where 150 is near; but the clock stands at 50, and one record is no majority.
    expect(ids(events, "out")).toEqual([0, 41]);
    expect(ids(events, "dead")).toEqual([...range(40, (index) => index + 1), 42]);
  });

  test("without a bound holds nothing", () => {
    const events: Event[] = [];
    const clock = new MajorityClock<number>(unbounded, 0, {
      release: (id) => events.push(["out", id]),
      refuse: (id) => events.push(["dead", id]),
      advanced: (moved) => events.push(["clock", moved.highest]),
    });
    for (const [id, time] of [5, day * 9999, 3].entries()) feed(clock, events, time, id);
    expect(events).toEqual([
      ["out", 0],
      ["clock", 5],
      ["out", 1],
      ["clock", day * 9999],
      ["out", 2],
    ]);
  });
});
