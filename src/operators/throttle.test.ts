import fc from "fast-check";
import { expect, test } from "vitest";
import type { KeptRecord, OperatorContext, Task } from "../core/operator.ts";
import { seededRandom } from "../core/random.ts";
import type { Stateful } from "../core/state.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import type { Rate } from "../time/rate.ts";
import { throttle } from "./throttle.ts";

type Event = readonly [atMs: number, what: unknown];

/** A throttle step on a clock of its own; `crash` starts another on what was stored. */
class Bench {
  readonly clock = new ManualClock();
  readonly log: Event[] = [];
  readonly stored = new Map<string, Uint8Array>();
  held = 0;
  task: Task<unknown>;
  store!: Stateful;
  #life = 0;
  #place = "nowhere";
  readonly #rate: Rate;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.task = this.#open();
  }

  feed(value: unknown): void {
    this.#place = `record ${JSON.stringify(value)}`;
    this.task.record(value);
  }

  checkpoint(): void {
    this.store.collect({
      put: (key, value) => this.stored.set(key, Uint8Array.from(value)),
      delete: (key) => {
        expect(this.stored.delete(key), "what was not stored is deleted").toBe(true);
      },
    });
  }

  crash(): void {
    this.held = 0;
    this.task = this.#open();
    for (const [key, value] of this.stored) this.store.apply(key, value);
    this.store.restored?.();
  }

  get values(): unknown[] {
    return this.log.map(([, what]) => what);
  }

  #open(): Task<unknown> {
    const life = ++this.#life;
    const note = (what: unknown) => this.log.push([this.clock.monotonic(), what]);
    const keep = (): KeptRecord => ({ time: 1, key: "k", partition: "p", raw: Uint8Array.of(1), place: this.#place });
    const unused = () => expect.fail("not what a throttle calls");
    const context: OperatorContext<unknown> = {
      id: "throttle",
      clock: this.clock,
      random: seededRandom(1),
      meter: { counter: () => ({ value: 0 }), gauge: unused, warn: unused },
      live: false,
      waitedMs: 0,
      record: { time: 1, key: "k", partition: { name: "p" }, raw: () => undefined, describe: () => this.#place },
      emit: (value) => {
        expect(this.#place).toBe(`record ${JSON.stringify(value)}`);
        note(value);
      },
      emitAt: unused,
      emitKeyed: unused,
      side: unused,
      hasSide: () => false,
      keep,
      as: (kept, work) => {
        this.#place = kept.place;
        work();
      },
      without: unused,
      watermark: (time) => note({ watermark: time }),
      idle: () => note("idle"),
      deadLetter: unused,
      failed: unused,
      state: (_, store) => {
        this.store = store;
        return store;
      },
      timer: (delayMs, callback) => this.clock.timer(delayMs, () => (life === this.#life ? callback() : undefined)),
      enter: (work) => work(),
      hold: () => {
        this.held += 1;
      },
      release: () => {
        this.held -= 1;
      },
      checkpointed: true,
      heldMs: 0,
      heldBehind: false,
      whenFree: unused,
    };
    return throttle<unknown>(this.#rate).open(context);
  }
}

test("lets records pass at the rate, in their order, and the sources wait meanwhile", async () => {
  const bench = new Bench("2/s");
  bench.feed(1);
  expect(bench.held).toBe(0);
  for (const value of [2, 3]) bench.feed(value);
  expect(bench.held).toBe(1);
  expect(bench.task.waitsFor?.()).toBe("records wait their turn at 2/s");
  expect(bench.task.status?.()).toEqual({ held: 2 });
  await bench.clock.advance(5000);
  expect(bench.log).toEqual([
    [0, 1],
    [500, 2],
    [1000, 3],
  ]);
  expect(bench.held).toBe(0);
  expect(bench.task.waitsFor?.()).toBeUndefined();
  for (const value of [4, 5]) bench.feed(value);
  await bench.clock.advance(5000);
  expect(bench.log.slice(3)).toEqual([
    [5000, 4],
    [5500, 5],
  ]);
});

test("watermarks and silence keep their place among the records", async () => {
  const bench = new Bench("1/s");
  bench.task.watermark!(1);
  bench.feed("a");
  bench.task.idle!();
  bench.feed("b");
  bench.task.watermark!(2);
  bench.feed("c");
  bench.task.watermark!(3);
  bench.task.idle!();
  await bench.clock.advance(1000);
  expect(bench.values).toEqual([{ watermark: 1 }, "a", "idle", "b", { watermark: 2 }]);
  await bench.clock.advance(1000);
  expect(bench.values.slice(5)).toEqual(["c", { watermark: 3 }, "idle"]);
  expect(bench.held).toBe(0);
});

test("ends when all have passed", async () => {
  const bench = new Bench("1/s");
  expect(bench.task.end?.()).toBeUndefined();
  for (const value of [1, 2, 3]) bench.feed(value);
  let ended = false;
  const end = Promise.resolve(bench.task.end?.()).then(() => {
    ended = true;
  });
  await bench.clock.advance(1999);
  expect(ended).toBe(false);
  await bench.clock.advance(1);
  await end;
  expect(bench.values).toEqual([1, 2, 3]);
});

test("lets no timer run after it is closed", async () => {
  const bench = new Bench("1/s");
  for (const value of [1, 2]) bench.feed(value);
  bench.task.close?.();
  expect(bench.clock.nextAtMs).toBeUndefined();
});

test("over any second at most a second's records pass, and one", async () => {
  const waits = fc.array(fc.record({ ms: fc.nat(400), records: fc.nat(4) }), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(waits, fc.constantFrom(1, 2, 7, 30), async (given, rate) => {
      const bench = new Bench({ records: rate, per: "1s" });
      let fed = 0;
      for (const { ms, records } of given) {
        for (let index = 0; index < records; index++) bench.feed(fed++);
        await bench.clock.advance(ms);
      }
      await bench.clock.advance(1000 * (fed + 1));
      expect(bench.values).toEqual(Array.from({ length: fed }, (_, index) => index));
      for (const [from] of bench.log) {
        const within = bench.log.filter(([at]) => at >= from && at < from + 999).length;
        expect(within).toBeLessThanOrEqual(rate);
      }
    }),
    { numRuns: 40 },
  );
});

test("what is held survives a crash, once each", async () => {
  const actions = fc.array(fc.constantFrom("record", "record", "mark", "wait", "checkpoint", "crash"), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(actions, async (given) => {
      const bench = new Bench("1/s");
      let fed = 0;
      const expected: unknown[] = [];
      for (const action of given) {
        if (action === "record") expected.push(fed);
        if (action === "mark") expected.push({ watermark: fed });
        if (action === "record") bench.feed(fed++);
        else if (action === "mark") bench.task.watermark!(fed);
        else if (action === "wait") await bench.clock.advance(700);
        else {
          bench.checkpoint();
          if (action === "crash") bench.crash();
        }
      }
      expect(bench.held).toBe(bench.task.waitsFor?.() === undefined ? 0 : 1);
      await bench.clock.advance(1000 * given.length);
      expect(bench.values).toEqual(expected);
      bench.checkpoint();
      expect(bench.stored.size).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("a whole listing of the state is the same as its changes", () => {
  const bench = new Bench("1/s");
  for (const value of ["a", "b"]) bench.feed(value);
  bench.task.watermark!(7);
  bench.task.idle!();
  bench.checkpoint();
  expect([...bench.store.entries()].map(([key]) => key)).toEqual([...bench.stored.keys()]);
  expect([...bench.store.entries()].map(([, value]) => Uint8Array.from(value))).toEqual([...bench.stored.values()]);
});

test("a listing that goes on while records pass gives none that has passed", async () => {
  const bench = new Bench("1/s");
  for (let value = 0; value < 11; value++) bench.feed(value);
  const listing = bench.store.entries()[Symbol.iterator]();
  expect(listing.next().value?.[0]).toBe("0");
  await bench.clock.advance(3000);
  expect([...{ [Symbol.iterator]: () => listing }].map(([key]) => key)).toEqual(["3", "4", "5", "6", "7", "8", "9"]);
});
