import { Slice } from "../core/records.ts";
import type { ChangeLog, Stateful } from "../core/state.ts";
import type { ValueCodec } from "../state/value-codec.ts";
import { NumberRanges } from "../time/number-ranges.ts";
import { packed, unpacked } from "../time/packed.ts";
import { PackedRing } from "../time/packed-ring.ts";
import { ReorderRing, type RingEntry } from "../time/reorder-ring.ts";
import { HeldValue, heldValueCodec, isSameInfo, type ValueInfo } from "./held-value.ts";
import { StoredRecords, storedRecord } from "./stored-records.ts";

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

/** Beyond so many that wait, those that come are kept as bytes. */
const objectsMaxDefault = 4_096;

/** What is known of a packed record, as marks: a checkpoint has it, a listing has shown it. */
const stored = 1;
const shown = 2;

/** What a resequencing step knows: which number is next, which were skipped, and who waits. A checkpoint writes who came and went since the last. */
export class ResequenceStore implements Stateful {
  next: number;
  waitingBytes = 0;
  skipped = new NumberRanges();
  /** Those that wait, as objects: fast to put in and take out, and most leave soon. */
  readonly #ring = new ReorderRing<WaitingRecord>();
  /** Those that came when many waited already, as their codec has them. */
  readonly #packed = new PackedRing<ValueInfo>();
  readonly #codec: ValueCodec<unknown>;
  readonly #now: () => number;
  readonly #onRestored: () => void;
  readonly #objectsMax: number;
  /** Numbers that are in the changelog, or in a listing, and no longer wait. */
  #gone: number[] = [];
  #lastInfo: ValueInfo = { time: Number.NaN, key: undefined, partition: undefined };
  #storedNext = Number.NaN;
  readonly #writer = new StoredRecords();
  #restoring = new Map<number, Uint8Array>();

  /** `now` gives the time of arrival for what is restored; `onRestored` is called when it is back, or there was nothing. */
  constructor(
    first: number,
    codec: ValueCodec<unknown>,
    now: () => number,
    onRestored: () => void,
    objectsMax: number = objectsMaxDefault,
  ) {
    this.next = first;
    this.#objectsMax = objectsMax;
    this.#codec = codec;
    this.#now = now;
    this.#onRestored = onRestored;
  }

  /** How many wait. */
  get size(): number {
    return this.#ring.size + this.#packed.size;
  }

  /** How many of them wait as bytes. */
  get packedSize(): number {
    return this.#packed.size;
  }

  /** The highest number that waits; minus infinity for none. */
  get highest(): number {
    return Math.max(this.#ring.highest, this.#packed.highest);
  }

  /** When the first of those came that wait; infinity for none. */
  get oldestMs(): number {
    return Math.min(this.#ring.oldest?.atMs ?? Number.POSITIVE_INFINITY, this.#packed.oldestMs);
  }

  /** Whether that number waits. */
  has(number: number): boolean {
    return this.#ring.has(number) || this.#packed.has(number);
  }

  /** Takes a record in whose number does not wait; `bytes` is what it weighs. */
  put(number: number, value: unknown, bytes: number, info: ValueInfo): void {
    const atMs = this.#now();
    this.waitingBytes += bytes;
    if (this.#ring.size < this.#objectsMax || !this.#packs(value)) {
      this.#ring.put(new WaitingRecord(number, value, bytes, atMs, info), this.next);
    } else this.#pack(number, this.#codec.encode(value), bytes, info, atMs);
  }

  /** Takes out the record whose turn it is, if it is there. */
  takeNext(): WaitingRecord | undefined {
    const record = this.#ring.take(this.next) ?? this.#unpackNext();
    if (record === undefined) return undefined;
    this.next += 1;
    this.waitingBytes -= record.bytes;
    if (record.stored || record.shown) this.#gone.push(record.number);
    return record;
  }

  /** Gives up all numbers below the lowest that waits; tells how many. There must be one that waits. */
  skip(): number {
    const from = this.next;
    while (!this.has(this.next)) this.next += 1;
    this.skipped.add(from, this.next - 1);
    return this.next - from;
  }

  collect(log: ChangeLog): void {
    for (const number of this.#gone.splice(0)) log.delete(String(number));
    for (const record of this.#ring.newestFirst()) {
      if (record.stored) break;
      log.put(String(record.number), this.#bytesOf(record));
      record.stored = true;
    }
    for (const number of this.#packed.newestFirst()) {
      if ((this.#packed.marksOf(number) & stored) !== 0) break;
      log.put(String(number), this.#packedBytesOf(number));
      this.#packed.mark(number, stored);
    }
    if (this.next === this.#storedNext) return;
    log.put(cursorKey, this.#cursor());
    this.#storedNext = this.next;
  }

  *entries(): Iterable<readonly [string, Uint8Array]> {
    yield [cursorKey, this.#cursor()];
    const packedNumbers = [...this.#packed.newestFirst()];
    for (const record of [...this.#ring.newestFirst()]) {
      if (!record.inRing) continue;
      record.shown = true;
      yield [String(record.number), this.#bytesOf(record).slice()];
    }
    for (const number of packedNumbers) {
      if (!this.#packed.has(number)) continue;
      this.#packed.mark(number, shown);
      yield [String(number), this.#packedBytesOf(number).slice()];
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
    for (const [number, record] of [...this.#restoring].sort(([a], [b]) => a - b)) {
      const { info, weight: bytes, value } = storedRecord(record);
      this.waitingBytes += bytes;
      if (this.#ring.size >= this.#objectsMax) this.#pack(number, value, bytes, info, atMs, stored);
      else {
        const waiting = new WaitingRecord(number, this.#codec.decode(value), bytes, atMs, info);
        waiting.stored = true;
        this.#ring.put(waiting, this.next);
      }
    }
    this.#restoring = new Map();
    this.#onRestored();
  }

  /** Whether bytes are what a value is cheaply made into: a structured clone, the codec of those who name none, is not. */
  #packs(value: unknown): boolean {
    return this.#codec !== heldValueCodec || value instanceof Slice;
  }

  #pack(number: number, value: Uint8Array, weight: number, info: ValueInfo, atMs: number, marks = 0): void {
    if (!isSameInfo(info, this.#lastInfo)) this.#lastInfo = info;
    this.#packed.put(number, { bytes: value, weight, atMs, info: this.#lastInfo }, this.next, marks);
  }

  #unpackNext(): WaitingRecord | undefined {
    const number = this.next;
    if (!this.#packed.has(number)) return undefined;
    const { bytes, weight, atMs, info } = this.#packed.get(number);
    const record = new WaitingRecord(number, this.#codec.decode(bytes), weight, atMs, info);
    const marks = this.#packed.marksOf(number);
    record.stored = (marks & stored) !== 0;
    record.shown = (marks & shown) !== 0;
    this.#packed.remove(number);
    return record;
  }

  #cursor(): Uint8Array {
    return packed([this.next, this.skipped.bounds]);
  }

  /** What is kept of a record: valid until the next is asked for. */
  #bytesOf({ value, bytes, time, key, partition }: WaitingRecord): Uint8Array {
    return this.#writer.bytesOf({ time, key, partition }, bytes, this.#codec.encode(value));
  }

  #packedBytesOf(number: number): Uint8Array {
    const { info, weight, bytes } = this.#packed.get(number);
    return this.#writer.bytesOf(info, weight, bytes);
  }
}
