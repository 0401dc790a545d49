import type { ChangeLog, Stateful } from "../core/state.ts";
import type { ValueCodec } from "../state/value-codec.ts";
import { packed, unpacked } from "../time/packed.ts";
import { heldValueCodec } from "./held-value.ts";
import { groupBytes, type JournalRecord, PackedGroup } from "./journal-group.ts";

/** Records that one checkpoint took together. */
interface Group {
  readonly number: number;
  /** Objects, or, where a codec makes bytes of them cheaply, those: what waits for a disk may be tens of thousands. */
  readonly records: readonly JournalRecord[] | PackedGroup;
  readonly size: number;
  /** Those before it have been handed on. */
  next: number;
  /** `next` as the changelog has it. */
  storedNext: number;
  durable: boolean;
}

/** Stored under this: the number of the group that comes first, and how many of it have been handed on. */
const cursorKey = "next";

type Cursor = readonly [number: number, next: number];

/** Records that wait until a checkpoint that has them is durable, in the order they came: one entry in the state for those of a checkpoint. */
export class JournalStore implements Stateful {
  /** How many records are in it. */
  size = 0;
  #fresh: JournalRecord[] = [];
  #groups: Group[] = [];
  #number = 0;
  #gone: number[] = [];
  #restoring = new Map<number, Uint8Array>();
  #restoredCursor: Cursor = [0, 0];
  readonly #codec: ValueCodec<unknown>;
  readonly #onDurable: () => void;

  /** `onDurable` is called when records may have become durable, by a checkpoint or a restore. */
  constructor(codec: ValueCodec<unknown>, onDurable: () => void) {
    this.#codec = codec;
    this.#onDurable = onDurable;
  }

  get awaitsCommit(): boolean {
    return this.#fresh.length > 0;
  }

  push(record: JournalRecord): void {
    this.#fresh.push(record);
    this.size += 1;
  }

  /** Whether there is a record that is durable. */
  get ready(): boolean {
    return this.#groups[0]?.durable ?? false;
  }

  /** Takes out the first; it must be ready. */
  shift(): JournalRecord {
    const group = this.#groups[0]!;
    const { records } = group;
    const record = records instanceof PackedGroup ? records.next() : records[group.next]!;
    group.next += 1;
    this.size -= 1;
    if (group.next === group.size) {
      this.#groups.shift();
      this.#gone.push(group.number);
    }
    return record;
  }

  collect(log: ChangeLog): void {
    for (const number of this.#gone.splice(0)) log.delete(String(number));
    const first = this.#groups[0];
    if (first !== undefined && first.next !== first.storedNext) {
      log.put(cursorKey, cursorOf(first));
      first.storedNext = first.next;
    }
    if (this.#fresh.length === 0) return;
    this.#number += 1;
    const bytes = groupBytes(this.#fresh, this.#codec);
    const records = this.#codec === heldValueCodec ? this.#fresh : new PackedGroup(bytes, this.#codec);
    const size = this.#fresh.length;
    this.#groups.push({ number: this.#number, records, size, next: 0, storedNext: 0, durable: false });
    this.#fresh = [];
    log.put(String(this.#number), bytes);
  }

  committed(): void {
    for (const group of this.#groups) group.durable = true;
    this.#onDurable();
  }

  *entries(): Iterable<readonly [string, Uint8Array]> {
    for (const group of [...this.#groups]) {
      if (group.next === group.size) continue;
      const { records } = group;
      const bytes = records instanceof PackedGroup ? records.bytes() : groupBytes(records, this.#codec);
      yield [String(group.number), bytes];
    }
    const first = this.#groups[0];
    if (first !== undefined) yield [cursorKey, cursorOf(first)];
  }

  apply(key: string, value: Uint8Array | undefined): void {
    if (key === cursorKey) {
      this.#restoredCursor = unpacked(value!) as Cursor;
      return;
    }
    if (value === undefined) this.#restoring.delete(Number(key));
    else this.#restoring.set(Number(key), new Uint8Array(value));
    this.#number = Math.max(this.#number, Number(key));
  }

  restored(): void {
    const [cursor, handedOn] = this.#restoredCursor;
    for (const [number, bytes] of [...this.#restoring].sort(([a], [b]) => a - b)) {
      const records = new PackedGroup(bytes, this.#codec);
      const { size } = records;
      const next = number === cursor ? handedOn : 0;
      for (let skipped = 0; skipped < next; skipped++) records.next();
      this.#groups.push({ number, records, size, next, storedNext: next, durable: true });
      this.size += size - next;
    }
    this.#restoring = new Map();
    this.#onDurable();
  }
}

function cursorOf({ number, next }: Group): Uint8Array {
  return packed([number, next] satisfies Cursor);
}
