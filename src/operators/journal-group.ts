import type { ValueCodec } from "../state/value-codec.ts";
import { packed, unpacked } from "../time/packed.ts";
import { HeldValue, isSameInfo } from "./held-value.ts";

/** A record in a journal. */
export class JournalRecord extends HeldValue {
  get place(): string {
    return `${this.partition ?? "no partition"}, from the journal`;
  }
}

/** So many records after one another of which the same is known. */
type Run = [count: number, time: number, key: unknown, partition: string | undefined];

/** Records of a group in the state: what is known of them, where each value ends, and the values one after another. */
type StoredGroup = readonly [runs: readonly Run[], ends: Uint32Array, bytes: Uint8Array];

/** Values up to this length are copied by a loop, in half the time that a call takes. */
const loopBytesMax = 64;

/** Records as one entry of the state, so that what an entry costs is shared. */
export function groupBytes(records: readonly JournalRecord[], codec: ValueCodec<unknown>): Uint8Array {
  const values = records.map((record) => codec.encode(record.value));
  const ends = new Uint32Array(values.length);
  let length = 0;
  for (let index = 0; index < values.length; index++) ends[index] = length += values[index]!.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const value of values) {
    if (value.length > loopBytesMax) bytes.set(value, at);
    else for (let index = 0; index < value.length; index++) bytes[at + index] = value[index]!;
    at += value.length;
  }
  return packed([runsOf(records), ends, bytes] satisfies StoredGroup);
}

/** Records of {@link groupBytes} that are still bytes: each is decoded when it is taken. */
export class PackedGroup {
  readonly size: number;
  readonly #codec: ValueCodec<unknown>;
  readonly #runs: readonly Run[];
  readonly #ends: Uint32Array;
  readonly #bytes: Uint8Array;
  #index = 0;
  #run = 0;
  /** Records of the run that were taken. */
  #ofRun = 0;

  constructor(group: Uint8Array, codec: ValueCodec<unknown>) {
    const [runs, ends, bytes] = unpacked(group) as StoredGroup;
    this.size = ends.length;
    this.#codec = codec;
    this.#runs = runs;
    this.#ends = ends;
    this.#bytes = bytes;
  }

  /** The next record; there must be one. */
  next(): JournalRecord {
    const start = this.#index === 0 ? 0 : this.#ends[this.#index - 1]!;
    const value = this.#codec.decode(this.#bytes.subarray(start, this.#ends[this.#index]!));
    const [count, time, key, partition] = this.#runs[this.#run]!;
    this.#index += 1;
    this.#ofRun += 1;
    if (this.#ofRun === count) {
      this.#run += 1;
      this.#ofRun = 0;
    }
    return new JournalRecord(value, { time, key, partition });
  }

  /** As {@link groupBytes} made it. */
  bytes(): Uint8Array {
    return packed([this.#runs, this.#ends, this.#bytes] satisfies StoredGroup);
  }
}

function runsOf(records: readonly JournalRecord[]): Run[] {
  const runs: Run[] = [];
  let before: JournalRecord | undefined;
  for (const record of records) {
    if (before !== undefined && isSameInfo(before, record)) runs.at(-1)![0] += 1;
    else runs.push([1, record.time, record.key, record.partition]);
    before = record;
  }
  return runs;
}
