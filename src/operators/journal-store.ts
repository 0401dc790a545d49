import type { KeptRecord } from "../core/operator.ts";
import { Slice } from "../core/records.ts";
import type { ChangeLog, Stateful } from "../core/state.ts";
import { packed, unpacked } from "../time/packed.ts";
import { sliceOf } from "./resequence-store.ts";

/** A record in a journal. It stands for itself as the record at hand when it leaves: its source's bytes are not kept. */
export class JournalRecord implements KeptRecord {
  readonly value: unknown;
  readonly time: number;
  readonly key: unknown;
  readonly partition: string | undefined;

  constructor(value: unknown, info: Pick<KeptRecord, "time" | "key" | "partition">) {
    this.value = value;
    this.time = info.time;
    this.key = info.key;
    this.partition = info.partition;
  }

  get raw(): undefined {
    return undefined;
  }

  get place(): string {
    return `${this.partition ?? "no partition"}, from the journal`;
  }
}

/** Records that one checkpoint took together. */
interface Group {
  readonly number: number;
  readonly records: readonly JournalRecord[];
  /** Those before it have been handed on. */
  next: number;
  /** `next` as the changelog has it. */
  storedNext: number;
  durable: boolean;
}

type StoredRecord = readonly [
  time: number,
  key: unknown,
  partition: string | undefined,
  isSlice: boolean,
  value: unknown,
];

/** Records that wait until a checkpoint that has them is durable, in the order they came: one entry in the state for those of a checkpoint. */
export class JournalStore implements Stateful {
  /** How many records are in it. */
  size = 0;
  #fresh: JournalRecord[] = [];
  #groups: Group[] = [];
  #number = 0;
  #gone: number[] = [];
  #restoring = new Map<number, JournalRecord[]>();
  readonly #onDurable: () => void;

  /** `onDurable` is called when records may have become durable, by a checkpoint or a restore. */
  constructor(onDurable: () => void) {
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
    const record = group.records[group.next]!;
    group.next += 1;
    this.size -= 1;
    if (group.next === group.records.length) {
      this.#groups.shift();
      this.#gone.push(group.number);
    }
    return record;
  }

  collect(log: ChangeLog): void {
    for (const number of this.#gone.splice(0)) log.delete(String(number));
    const first = this.#groups[0];
    if (first !== undefined && first.next !== first.storedNext) this.#put(log, first);
    if (this.#fresh.length === 0) return;
    this.#number += 1;
    const group = { number: this.#number, records: this.#fresh, next: 0, storedNext: 0, durable: false };
    this.#groups.push(group);
    this.#fresh = [];
    this.#put(log, group);
  }

  committed(): void {
    for (const group of this.#groups) group.durable = true;
    this.#onDurable();
  }

  *entries(): Iterable<readonly [string, Uint8Array]> {
    for (const group of [...this.#groups]) {
      if (group.next < group.records.length) yield [String(group.number), bytesOf(group)];
    }
  }

  apply(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#restoring.delete(Number(key));
    else this.#restoring.set(Number(key), (unpacked(value) as StoredRecord[]).map(recordOf));
    this.#number = Math.max(this.#number, Number(key));
  }

  restored(): void {
    for (const [number, records] of [...this.#restoring].sort(([a], [b]) => a - b)) {
      this.#groups.push({ number, records, next: 0, storedNext: 0, durable: true });
      this.size += records.length;
    }
    this.#restoring = new Map();
    this.#onDurable();
  }

  #put(log: ChangeLog, group: Group): void {
    log.put(String(group.number), bytesOf(group));
    group.storedNext = group.next;
  }
}

function bytesOf({ records, next }: Group): Uint8Array {
  return packed(
    records.slice(next).map(({ time, key, partition, value }): StoredRecord => {
      const isSlice = value instanceof Slice;
      return [time, key, partition, isSlice, isSlice ? value.copy() : value];
    }),
  );
}

function recordOf([time, key, partition, isSlice, value]: StoredRecord): JournalRecord {
  return new JournalRecord(isSlice ? sliceOf(value as Uint8Array) : value, { time, key, partition });
}
