import type { ValueCodec } from "../state/value-codec.ts";
import { packed, unpacked } from "../time/packed.ts";
import { HeldValue } from "./held-value.ts";

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

/** The records of {@link groupBytes}. */
export function recordsOf(group: Uint8Array, codec: ValueCodec<unknown>): JournalRecord[] {
  const [runs, ends, bytes] = unpacked(group) as StoredGroup;
  const records: JournalRecord[] = [];
  for (const [count, time, key, partition] of runs) {
    for (let left = count; left > 0; left--) {
      const index = records.length;
      const value = codec.decode(bytes.subarray(index === 0 ? 0 : ends[index - 1]!, ends[index]!));
      records.push(new JournalRecord(value, { time, key, partition }));
    }
  }
  return records;
}

function runsOf(records: readonly JournalRecord[]): Run[] {
  const runs: Run[] = [];
  for (const { time, key, partition } of records) {
    const last = runs.at(-1);
    if (last !== undefined && Object.is(last[1], time) && last[2] === key && last[3] === partition) last[0] += 1;
    else runs.push([1, time, key, partition]);
  }
  return runs;
}
