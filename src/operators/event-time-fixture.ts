import { expect } from "vitest";
import type { KeptRecord, OperatorContext, Task } from "../core/operator.ts";
import { seededRandom } from "../core/random.ts";
import { Slice } from "../core/records.ts";
import type { Stateful } from "../core/state.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { type EventTimeOptions, eventTime } from "./event-time.ts";

/** A record under test: its number, its event time, and the partition it comes from. */
export interface Frame {
  readonly id: number;
  readonly ts: number;
  readonly from?: string | undefined;
}

/** What came out of a step, in order. */
export type Log = (
  | readonly [kind: "out", id: number, time: number]
  | readonly ["watermark", number]
  | readonly ["idle"]
)[];

/** Runs event-time steps one after the other on one clock and one changelog: what a pipeline that crashes does. */
export class Bench {
  readonly clock = new ManualClock(1_000_000);
  readonly log: Log = [];
  readonly dead: (readonly [id: string, reason: string])[] = [];
  readonly counters = new Map<string, { value: number }>();
  /** What became of each record handed on, as text, when values are slices. */
  readonly texts: string[] = [];
  /** The changelog, and what the last checkpoint added to it. */
  readonly stored: [key: string, value: Uint8Array | undefined][] = [];
  lastStored = new Map<string, Uint8Array>();
  readonly failures: unknown[] = [];
  /** How long of the clock's time the pipeline itself kept the sources waiting. */
  busyMs = 0;
  timersSet = 0;
  task: Task<Frame>;
  #store: Stateful | undefined;
  #at: KeptRecord = { time: Number.NaN, key: undefined, partition: undefined, raw: undefined, place: "nowhere" };
  #generation = 0;
  readonly #partitions = new Map<string, { readonly name: string }>();
  readonly #live: boolean;
  readonly #options: EventTimeOptions<Frame>;

  constructor(options: Partial<EventTimeOptions<Frame>> = {}, live = false) {
    this.#live = live;
    this.#options = { time: (frame) => frame.ts, lag: 0, ...options };
    this.task = this.#open();
  }

  feed(frame: Frame, raw?: Uint8Array, value: unknown = frame): void {
    this.#at = { time: Number.NaN, key: undefined, partition: frame.from, raw, place: String(frame.id) };
    this.task.record(value as Frame);
  }

  feedAll(times: readonly number[], from?: string, first = 0): void {
    for (const [index, ts] of times.entries()) this.feed({ id: first + index, ts, from });
  }

  checkpoint(): void {
    this.lastStored = new Map();
    this.#store!.collect({
      put: (key, value) => {
        this.lastStored.set(key, Uint8Array.from(value));
        this.stored.push([key, Uint8Array.from(value)]);
      },
      delete: (key) => this.stored.push([key, undefined]),
    });
  }

  /** The process dies; another goes on from the last checkpoint. `whole`: from a log that was written afresh. */
  restart(whole = false): void {
    const entries = whole ? [...this.#store!.entries()] : [...this.stored];
    this.task = this.#open();
    for (const [key, value] of entries) {
      const lent = value === undefined ? undefined : Uint8Array.from(value);
      this.#store!.apply(key, lent);
      lent?.fill(255);
    }
    this.#store!.restored?.();
  }

  get out(): number[] {
    return this.log.flatMap((event) => (event[0] === "out" ? [event[1]] : []));
  }

  get watermarks(): number[] {
    return this.log.flatMap((event) => (event[0] === "watermark" ? [event[1]] : []));
  }

  get deadIds(): number[] {
    return this.dead.map(([id]) => Number(id));
  }

  #open(): Task<Frame> {
    const generation = ++this.#generation;
    const bench = this;
    const context: OperatorContext<Frame> = {
      id: "clock",
      clock: this.clock,
      random: seededRandom(1),
      live: this.#live,
      get waitedMs() {
        return bench.clock.monotonic() - bench.busyMs;
      },
      meter: {
        counter: (name) => {
          if (!this.counters.has(name)) this.counters.set(name, { value: 0 });
          return this.counters.get(name)!;
        },
        gauge: () => {},
        warn: () => {},
      },
      record: {
        get time() {
          return bench.#at.time;
        },
        key: undefined,
        get partition() {
          return bench.#partition();
        },
        raw: () => this.#at.raw,
        describe: () => this.#at.place,
      },
      emit: () => expect.fail("a record was emitted without its time"),
      emitAt: (time, value) => this.log.push(["out", this.#idOf(value), time]),
      emitKeyed: () => expect.fail("a key was given"),
      side: () => {},
      hasSide: () => false,
      keep: () => ({ ...this.#at, raw: this.#at.raw === undefined ? undefined : Uint8Array.from(this.#at.raw) }),
      as: (kept, work) => {
        const before = this.#at;
        this.#at = kept;
        work();
        this.#at = before;
      },
      without: () => {},
      watermark: (time) => this.log.push(["watermark", time]),
      idle: () => this.log.push(["idle"]),
      deadLetter: (reason) => this.dead.push([this.#at.place, reason]),
      failed: (cause) => this.failures.push(cause),
      state: (_, store) => {
        this.#store = store;
        return store;
      },
      timer: (delayMs, callback) => {
        this.timersSet += 1;
        return this.clock.timer(delayMs, () => {
          if (generation === this.#generation) callback();
        });
      },
      enter: (work) => work(),
      hold: () => {},
      release: () => {},
      checkpointed: true,
      heldMs: 0,
      heldBehind: false,
      whenFree: () => expect.fail("it has nothing to hand on in parts"),
    };
    return eventTime(this.#options).open(context);
  }

  #idOf(value: Frame): number {
    if (value instanceof Slice) this.texts.push(`${value.text()} of ${Buffer.from(this.#at.raw!).toString()}`);
    else expect(value.id, "the record at hand").toBe(Number(this.#at.place));
    return Number(this.#at.place);
  }

  #partition(): { readonly name: string } | undefined {
    const name = this.#at.partition;
    if (name === undefined) return undefined;
    if (!this.#partitions.has(name)) this.#partitions.set(name, { name });
    return this.#partitions.get(name);
  }
}
