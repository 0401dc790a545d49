import type { ChangeLog, Stateful } from "../core/state.ts";
import type { ValueCodec } from "../state/value-codec.ts";
import { NumberRanges } from "../time/number-ranges.ts";
import { packed, unpacked } from "../time/packed.ts";
import { ReorderRing, type RingEntry } from "../time/reorder-ring.ts";
import { HeldValue, type ValueInfo } from "./held-value.ts";

/** A record that waits for those before it. */
export class WaitingRecord extends HeldValue implements RingEntry {
  readonly number: number;
  readonly bytes: number;
  /** When it came, on the clock that holes are timed by. */
  readonly atMs: number;
  /** Whether a checkpoint has it, or a listing has shown it: its end must then be told. */
  stored = false;
  shown = false;
  earlier: RingEntry | undefined = undefined;
  later: RingEntry | undefined = undefined;
  inRing = false;

  constructor(number: number, value: unknown, bytes: number, atMs: number, info: ValueInfo) {
    super(value, info);
    this.number = number;
    this.bytes = bytes;
    this.atMs = atMs;
  }

  get place(): string {
    return this.partition === undefined ? `number ${this.number}` : `${this.partition}, number ${this.number}`;
  }
}

const cursorKey = "next";

type StoredRecord = readonly [info: ValueInfo, bytes: number, value: Uint8Array];

/** What a resequencing step knows: which number is next, which were skipped, and who waits. A checkpoint writes who came and went since the last. */
export class ResequenceStore implements Stateful {
  readonly ring = new ReorderRing<WaitingRecord>();
  next: number;
  waitingBytes = 0;
  skipped = new NumberRanges();
  readonly #codec: ValueCodec<unknown>;
  readonly #now: () => number;
  readonly #onRestored: () => void;
  /** Numbers that are in the changelog, or in a listing, and no longer wait. */
  #gone: number[] = [];
  #storedNext = Number.NaN;
  #restoring = new Map<number, Uint8Array>();

  /** `now` gives the time of arrival for what is restored; `onRestored` is called when it is back, or there was nothing. */
  constructor(first: number, codec: ValueCodec<unknown>, now: () => number, onRestored: () => void) {
    this.next = first;
    this.#codec = codec;
    this.#now = now;
    this.#onRestored = onRestored;
  }

  put(record: WaitingRecord): void {
    this.ring.put(record, this.next);
    this.waitingBytes += record.bytes;
  }

  /** Takes out the record whose turn it is, if it is there. */
  takeNext(): WaitingRecord | undefined {
    const record = this.ring.take(this.next);
    if (record === undefined) return undefined;
    this.next += 1;
    this.waitingBytes -= record.bytes;
    if (record.stored || record.shown) this.#gone.push(record.number);
    return record;
  }

  /** Gives up all numbers below the lowest that waits; tells how many. There must be one that waits. */
  skip(): number {
    const from = this.next;
    this.next = this.ring.lowest(from);
    this.skipped.add(from, this.next - 1);
    return this.next - from;
  }

  collect(log: ChangeLog): void {
    for (const number of this.#gone.splice(0)) log.delete(String(number));
    for (const record of this.ring.newestFirst()) {
      if (record.stored) break;
      log.put(String(record.number), this.#bytesOf(record));
      record.stored = true;
    }
    if (this.next === this.#storedNext) return;
    log.put(cursorKey, this.#cursor());
    this.#storedNext = this.next;
  }

  *entries(): Iterable<readonly [string, Uint8Array]> {
    yield [cursorKey, this.#cursor()];
    for (const record of [...this.ring.newestFirst()]) {
      if (!record.inRing) continue;
      record.shown = true;
      yield [String(record.number), this.#bytesOf(record)];
    }
  }

  apply(key: string, value: Uint8Array | undefined): void {
    if (key === cursorKey) {
      const [next, bounds] = unpacked(value!) as [number, number[]];
      this.next = this.#storedNext = next;
      this.skipped = new NumberRanges(bounds);
    } else if (value === undefined) this.#restoring.delete(Number(key));
    else this.#restoring.set(Number(key), new Uint8Array(value));
  }

  restored(): void {
    const atMs = this.#now();
    for (const [number, bytes] of [...this.#restoring].sort(([a], [b]) => a - b)) {
      const [info, size, value] = unpacked(bytes) as StoredRecord;
      const record = new WaitingRecord(number, this.#codec.decode(value), size, atMs, info);
      record.stored = true;
      this.put(record);
    }
    this.#restoring = new Map();
    this.#onRestored();
  }

  #cursor(): Uint8Array {
    return packed([this.next, this.skipped.bounds]);
  }

  #bytesOf({ value, bytes, time, key, partition }: WaitingRecord): Uint8Array {
    return packed([{ time, key, partition }, bytes, this.#codec.encode(value)] satisfies StoredRecord);
  }
}
