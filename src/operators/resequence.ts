import type { Timer } from "../core/clock.ts";
import { limits } from "../core/limits.ts";
import type { Counter } from "../core/meter.ts";
import type { Operator, OperatorContext, Task } from "../core/operator.ts";
import type { ValueCodec } from "../state/value-codec.ts";
import { detailsOf, type ResequenceOptions, type ResequenceSettings, settingsOf } from "./resequence-settings.ts";
import { ResequenceStore, type WaitingRecord } from "./resequence-store.ts";

/** Records handed on in one go; the rest of a longer run follows in later turns, with the sources held back, so that sinks can send meanwhile. */
const releaseMax: number = limits.batchRecordsMax;

/** Sums of times are off by less: a timer that is due must not find that it is not. */
const roundingMs = 0.001;

/**
 * Hands records on in the order of their numbers, each number once. A record whose turn has not come waits; a number that does not
 * come is skipped after `gapTimeout`, or when too many wait for it, or when the input ends: counted (`skipped`) and logged.
 *
 * Side outputs, each counted under its name: `late`, a record whose number was skipped; `duplicate`, one whose number has been handed on or
 * waits already; `tooFar`, one so far ahead (`capacity` or more, without half of the window in between being there, or twice
 * `capacity` in any case) that it is rather wrong than early. It reserves no memory. Of the numbers skipped the newest
 * 1,024 ranges are remembered: a record that is late for an older one counts as a duplicate.
 *
 * Costs the same for each record however many wait. What a record keeps while it waits: value, time, key, partition; not its source's bytes.
 * When more than 4,096 wait, those that come are kept as the codec's bytes and some 70 more, and decoded when they leave; without a codec
 * that is done for slices of bytes, and other values stay the objects they are.
 * Watermarks and silence stay behind what waited when they came. State: the numbers and who waits; without a
 * codec values must be such as a structured clone copies. After a restore holes are timed afresh.
 */
export function resequence<T>(options: ResequenceOptions<T>): Operator<T, T> {
  const settings = settingsOf(options);
  return {
    kind: "resequence",
    stateVersion: "resequence/2",
    spread: { kind: "single" },
    details: detailsOf(settings),
    sides: ["late", "duplicate", "tooFar"],
    onError: options.onError,
    open: (context) => new ResequenceTask(settings, context),
  };
}

/** A watermark, or the news that the input fell silent, that stays behind a number. */
interface Marker {
  readonly behind: number;
  /** Undefined: silence. */
  readonly time: number | undefined;
}

type SkipReason = "timeout" | "full" | "end";

class ResequenceTask<T> implements Task<T> {
  readonly #context: OperatorContext<T>;
  readonly #settings: ResequenceSettings<T>;
  readonly #by: (value: T) => number;
  readonly #store: ResequenceStore;
  readonly #counters: Record<"late" | "duplicate" | "tooFar", Counter>;
  #markers: Marker[] = [];
  #timer: Timer | undefined;
  /** Holes seen before this moment have been waited for long enough. */
  #dueMs = Number.NEGATIVE_INFINITY;
  /** Whether a long run is being handed on in parts. */
  #releasing = false;
  #ending = false;
  #whenEmpty: (() => void) | undefined;
  #leaving: WaitingRecord | undefined;

  constructor(settings: ResequenceSettings<T>, context: OperatorContext<T>) {
    const { meter } = context;
    this.#context = context;
    this.#settings = settings;
    this.#by = settings.by;
    this.#counters = {
      late: meter.counter("late"),
      duplicate: meter.counter("duplicate"),
      tooFar: meter.counter("tooFar"),
    };
    const { first, codec } = settings;
    const store = new ResequenceStore(first, codec as ValueCodec<unknown>, () => this.#now(), this.#goOn);
    this.#store = context.state("order", store);
    meter.gauge("waiting", () => this.#store.size);
  }

  record(value: T): void {
    let number: number;
    try {
      number = this.#by(value);
    } catch (cause) {
      this.#context.failed(cause);
      return;
    }
    const store = this.#store;
    if (number !== store.next || this.#releasing || !Number.isSafeInteger(number)) {
      this.#arrive(number, value);
      return;
    }
    store.next = number + 1;
    this.#context.emit(value);
    if (store.size > 0) this.#release();
  }

  watermark(time: number): void {
    this.#mark(time);
  }

  idle(): void {
    this.#mark(undefined);
  }

  /** Nothing that is missing can come any more. */
  end(): void | Promise<void> {
    this.#ending = true;
    if (!this.#releasing) this.#release();
    if (this.#store.size === 0) return;
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  status(): Record<string, unknown> {
    const { next, size, waitingBytes } = this.#store;
    const bytes = Number.isFinite(this.#settings.capacityBytes) ? { waitingBytes } : {};
    return { next, waiting: size, ...bytes };
  }

  waitsFor(): string | undefined {
    const { next, size } = this.#store;
    if (size === 0) return undefined;
    return this.#releasing
      ? `${size} records leave in their order as fast as they are taken`
      : `number ${next} is missing, and ${size} records behind it wait`;
  }

  #arrive(number: number, value: T): void {
    const store = this.#store;
    const { next } = store;
    const { first, capacity, sizeOf } = this.#settings;
    if (!Number.isSafeInteger(number)) this.#context.deadLetter("no sequence number");
    else if (number < first) this.#context.deadLetter("before the first number");
    else if (number < next) this.#putAside(store.skipped.has(number) ? "late" : "duplicate", value);
    else if (store.has(number)) this.#putAside("duplicate", value);
    else if (number - next >= capacity && !this.#isPlausible(number)) this.#putAside("tooFar", value);
    else {
      const { time, key, partition } = this.#context.record;
      store.put(number, value, sizeOf(value), { time, key, partition: partition?.name });
      if (!this.#releasing) this.#release();
    }
  }

  /** Beyond the window: the stream itself has come near, or the number is wrong. */
  #isPlausible(number: number): boolean {
    const { next, size } = this.#store;
    return number - next < 2 * this.#settings.capacity && 2 * size >= this.#settings.capacity;
  }

  #putAside(port: "late" | "duplicate" | "tooFar", value: T): void {
    this.#counters[port].value += 1;
    this.#context.side(port, value);
  }

  #mark(time: number | undefined): void {
    const { size, highest } = this.#store;
    const last = this.#markers.at(-1);
    if (size === 0) this.#pass({ behind: 0, time });
    else if (last?.behind === highest && last.time !== undefined && time !== undefined) {
      this.#markers[this.#markers.length - 1] = { behind: last.behind, time };
    } else if (last?.behind !== highest || time !== undefined || last.time !== undefined) {
      this.#markers.push({ behind: highest, time });
    }
  }

  #pass({ time }: Marker): void {
    if (time === undefined) this.#context.idle();
    else this.#context.watermark(time);
  }

  /** Hands on what may leave, up to a bound or until somebody behind is full; the rest goes later. */
  #release(): void {
    const store = this.#store;
    for (let left = releaseMax; store.size > 0; ) {
      const record = store.takeNext();
      if (record === undefined) {
        const why = this.#whyLost();
        if (why === undefined) break;
        this.#skip(why);
        continue;
      }
      this.#handOn(record);
      left -= 1;
      if ((left === 0 || this.#context.heldBehind) && this.#canGoOn()) {
        this.#goOnLater();
        return;
      }
    }
    this.#released();
  }

  #handOn(record: WaitingRecord): void {
    this.#leaving = record;
    this.#context.as(record, this.#emit);
    while (this.#markers.length > 0 && this.#markers[0]!.behind < this.#store.next) this.#pass(this.#markers.shift()!);
  }

  readonly #emit = (): void => this.#context.emit(this.#leaving!.value as T);

  #canGoOn(): boolean {
    const store = this.#store;
    return store.size > 0 && (store.has(store.next) || this.#whyLost() !== undefined);
  }

  #whyLost(): SkipReason | undefined {
    const { highest, next, waitingBytes, oldestMs } = this.#store;
    const { capacity, capacityBytes } = this.#settings;
    if (this.#ending) return "end";
    if (highest - next >= capacity || waitingBytes > capacityBytes) return "full";
    return oldestMs <= this.#dueMs ? "timeout" : undefined;
  }

  #skip(why: SkipReason): void {
    const from = this.#store.next;
    const count = this.#store.skip();
    this.#context.meter.counter("skipped", why).value += count;
    const which = count === 1 ? `number ${from} is` : `numbers ${from} to ${from + count - 1} are`;
    this.#context.meter.warn("skipped", `${which} given up: ${reasons[why]}`);
  }

  #goOnLater(): void {
    if (!this.#releasing) this.#context.hold();
    this.#releasing = true;
    this.#context.whenFree(this.#goOn);
  }

  readonly #goOn = (): void => this.#release();

  #released(): void {
    if (this.#releasing) {
      this.#releasing = false;
      this.#context.release();
    }
    if (this.#store.size > 0) this.#watchGap();
    else this.#whenEmpty?.();
  }

  /** One timer for whichever hole there is when it is due: holes come and go a thousand times a second. */
  #watchGap(): void {
    const { gapMs } = this.#settings;
    if (this.#timer !== undefined || gapMs === Number.POSITIVE_INFINITY) return;
    const leftMs = this.#store.oldestMs + gapMs - this.#now();
    const leastMs = this.#context.heldBehind ? gapMs / 10 : 0;
    this.#timer = this.#context.timer(Math.max(leftMs, leastMs), this.#look);
  }

  /** What has arrived by now is read before anything is given up: a process that was stopped finds the timer due first. */
  readonly #look = (): void => {
    const dueMs = this.#now() - this.#settings.gapMs + roundingMs;
    this.#timer = this.#context.timer(0, () => this.#giveUp(dueMs));
  };

  #giveUp(dueMs: number): void {
    this.#timer = undefined;
    this.#dueMs = dueMs;
    if (this.#store.size > 0 && !this.#releasing) this.#release();
  }

  /** Stands still while the sources are held back. */
  #now(): number {
    if (this.#settings.gapMs === Number.POSITIVE_INFINITY) return 0;
    return this.#context.clock.monotonic() - this.#context.heldMs;
  }
}

const reasons: Record<SkipReason, string> = {
  timeout: "waited for long enough",
  full: "as many records wait behind as may",
  end: "the input has ended",
};
