/** How many of the last records decide whether a stream has moved on. */
export const supportRecords = 100;

/** What a {@link MajorityClock} tells its owner. All calls are made from inside its methods, in the order things happen. */
export interface ClockOutput<R> {
  /** A record that was held aside belongs to the stream after all: hand it on. The clock moves after the call. */
  release(record: R, time: number): void;
  /** A record that was held aside is not supported by the others: it is a dead letter. */
  refuse(record: R): void;
  /** `clock.highest` has risen. */
  advanced(clock: MajorityClock<R>): void;
}

/** A clock's state as plain data. `times` are the last records' event times, oldest first; `held` names places in it. */
export interface ClockSnapshot<R> {
  readonly highest: number;
  readonly times: Float64Array;
  readonly held: readonly (readonly [place: number, bytes: number, record: R])[];
}

interface Held<R> {
  readonly bytes: number;
  readonly record: R;
}

/**
 * The highest event time of one partition, which no minority of wrong timestamps can move. Times are in milliseconds.
 *
 * A record more than `maxFutureMs` ahead of the highest time is held aside. When more than half of the last 100 records
 * are that far ahead, it is the stream that has moved on: the clock follows to the upper median of those 100, the latest
 * time that a majority of them has reached, and from there to every held time that is at most `maxFutureMs` ahead of one
 * already taken. What that covers is released in the order it came. A held record that leaves the last 100 unreleased is
 * refused. The clock starts by the same rule over its first 100 records, all of which are held; `settle` applies it to
 * what there is. At most 100 records are held. An infinite `maxFutureMs` holds nothing.
 *
 * A record goes: `arrive`, then, as that says, `hold`, or handing it on and `passed`. It costs a few nanoseconds while
 * nothing is held; sorting happens only when held records are released.
 */
export class MajorityClock<R> {
  /** The highest time that was taken; minus infinity before the clock has started. */
  highest = Number.NEGATIVE_INFINITY;
  /** Records held aside, and the bytes they were said to have. */
  heldCount = 0;
  heldBytes = 0;
  /** The latest time taken at once. */
  #reach: number;
  readonly #maxFutureMs: number;
  readonly #heldBytesMax: number;
  readonly #output: ClockOutput<R>;
  /** The last records' times, a ring; minus infinity, which is never far ahead, where there is none. */
  readonly #times = new Float64Array(supportRecords).fill(Number.NEGATIVE_INFINITY);
  readonly #held: (Held<R> | undefined)[] = new Array(supportRecords).fill(undefined);
  #next = 0;
  #size = 0;
  /** Of the last records, how many are beyond reach, and a lower bound of the first of them. */
  #far = 0;
  #nearestFar = Number.POSITIVE_INFINITY;

  constructor(maxFutureMs: number, heldBytesMax: number, output: ClockOutput<R>) {
    this.#maxFutureMs = maxFutureMs;
    this.#heldBytesMax = heldBytesMax;
    this.#output = output;
    this.#reach = this.highest + maxFutureMs;
    if (maxFutureMs === Number.POSITIVE_INFINITY) this.#reach = maxFutureMs;
  }

  /** Counts a record of a finite time among the last ones. True: hand it on and call `passed`; false: call `hold`. */
  arrive(time: number): boolean {
    if (this.#reach === Number.POSITIVE_INFINITY) return true;
    const slot = this.#next;
    if (this.#far !== 0) this.#forget(slot);
    this.#times[slot] = time;
    this.#next = slot === supportRecords - 1 ? 0 : slot + 1;
    if (this.#size < supportRecords) this.#size += 1;
    return time <= this.#reach;
  }

  /** Moves the clock to the time of a record that `arrive` let through and that has been handed on. */
  passed(time: number): void {
    if (time <= this.highest) return;
    this.#raise(time);
    if (this.#far !== 0 && this.#nearestFar <= this.#reach) this.#release(time);
  }

  /** Holds the record that `arrive` has just refused to let through. `bytes` is what it costs to keep. */
  hold(time: number, bytes: number, record: R): void {
    const slot = this.#next === 0 ? supportRecords - 1 : this.#next - 1;
    this.#held[slot] = { bytes, record };
    this.heldCount += 1;
    this.heldBytes += bytes;
    this.#far += 1;
    if (time < this.#nearestFar) this.#nearestFar = time;
    if (this.#mayFollow()) this.#follow();
    for (let at = 0; at < this.#size && this.heldBytes > this.#heldBytesMax; at++) this.#refuse(this.#slotAt(at));
  }

  /** The input has ended or fallen silent: decides with the records there are. Afterwards nothing is held, and none of them counts. */
  settle(): void {
    if (this.#far > 0) this.#follow();
    for (let at = 0; at < this.#size && this.heldCount > 0; at++) this.#refuse(this.#slotAt(at));
    this.#times.fill(Number.NEGATIVE_INFINITY);
    this.#next = this.#size = this.#far = 0;
    this.#nearestFar = Number.POSITIVE_INFINITY;
  }

  /** The state, in memory of its own but for the held records. */
  snapshot(): ClockSnapshot<R> {
    const times = new Float64Array(this.#size);
    const held: [number, number, R][] = [];
    for (let at = 0; at < this.#size; at++) {
      const slot = this.#slotAt(at);
      times[at] = this.#times[slot]!;
      const one = this.#held[slot];
      if (one !== undefined) held.push([at, one.bytes, one.record]);
    }
    return { highest: this.highest, times, held };
  }

  /** Takes over a snapshot. For a clock that has seen no record. */
  restore(snapshot: ClockSnapshot<R>): void {
    this.highest = snapshot.highest;
    if (this.#maxFutureMs !== Number.POSITIVE_INFINITY) this.#reach = this.highest + this.#maxFutureMs;
    this.#times.set(snapshot.times);
    this.#size = snapshot.times.length;
    this.#next = this.#size % supportRecords;
    for (const [at, bytes, record] of snapshot.held) {
      this.#held[at] = { bytes, record };
      this.heldCount += 1;
      this.heldBytes += bytes;
    }
    this.#recount();
  }

  /** A start also ends early when its records are too large to hold 100 of them: refusing them would lose good ones. */
  #mayFollow(): boolean {
    if (this.highest !== Number.NEGATIVE_INFINITY) return this.#far > supportRecords / 2;
    return this.#size === supportRecords || this.heldBytes > this.#heldBytesMax;
  }

  #follow(): void {
    const sorted = this.#times.slice().sort();
    const median = sorted[supportRecords - 1 - Math.floor(this.#size / 2)]!;
    if (median > this.#reach) this.#release(median);
  }

  /** Releases what is held up to `level`, or is at most `maxFutureMs` ahead of something that is, in the order it came. */
  #release(level: number): void {
    const limit = this.#chained(level);
    for (let at = 0; at < this.#size; at++) {
      const slot = this.#slotAt(at);
      const time = this.#times[slot]!;
      const held = this.#held[slot];
      if (held === undefined || time > limit) continue;
      this.#drop(slot, held);
      this.#output.release(held.record, time);
      if (time > this.highest) this.#raise(time);
    }
    this.#recount();
  }

  #chained(level: number): number {
    const times = this.#times.filter((_, slot) => this.#held[slot] !== undefined).sort();
    let limit = level;
    for (const time of times) {
      if (time > limit + this.#maxFutureMs) break;
      if (time > limit) limit = time;
    }
    return limit;
  }

  #raise(time: number): void {
    this.highest = time;
    this.#reach = time + this.#maxFutureMs;
    this.#output.advanced(this);
  }

  #recount(): void {
    this.#far = 0;
    this.#nearestFar = Number.POSITIVE_INFINITY;
    for (const time of this.#times) {
      if (time <= this.#reach) continue;
      this.#far += 1;
      if (time < this.#nearestFar) this.#nearestFar = time;
    }
  }

  /** The oldest record leaves the last ones. */
  #forget(slot: number): void {
    if (this.#times[slot]! <= this.#reach) return;
    this.#far -= 1;
    this.#refuse(slot);
  }

  #refuse(slot: number): void {
    const held = this.#held[slot];
    if (held === undefined) return;
    this.#drop(slot, held);
    this.#output.refuse(held.record);
  }

  #drop(slot: number, held: Held<R>): void {
    this.#held[slot] = undefined;
    this.heldCount -= 1;
    this.heldBytes -= held.bytes;
  }

  /** Where record `at` of the last ones lies, counting from the oldest. */
  #slotAt(at: number): number {
    return (this.#next - this.#size + at + supportRecords) % supportRecords;
  }
}
