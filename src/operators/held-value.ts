import type { KeptRecord } from "../core/operator.ts";
import { Slice } from "../core/records.ts";
import { structuredCodec, type ValueCodec } from "../state/value-codec.ts";

/** What is known of a record besides its value and its source's bytes. */
export type ValueInfo = Pick<KeptRecord, "time" | "key" | "partition">;

/** Whether the same is known of two records: of most that follow one another it is, and then it is kept once. */
export function isSameInfo(one: ValueInfo, other: ValueInfo): boolean {
  return Object.is(one.time, other.time) && one.key === other.key && one.partition === other.partition;
}

/** A value that waits in a step. It stands for itself as the record at hand when it leaves: its source's bytes are not kept. */
export abstract class HeldValue implements KeptRecord {
  readonly value: unknown;
  readonly time: number;
  readonly key: unknown;
  readonly partition: string | undefined;

  /** Of a slice, which is valid during the call only, the bytes are copied. */
  constructor(value: unknown, { time, key, partition }: ValueInfo) {
    this.value = value instanceof Slice ? sliceOf(value.copy()) : value;
    this.time = time;
    this.key = key;
    this.partition = partition;
  }

  get raw(): undefined {
    return undefined;
  }

  abstract get place(): string;
}

/** Begins a slice among what {@link structuredCodec} writes, none of which begins so. */
const sliceTag = 0;

/** The codec of steps that hold values and are told none: structured clone, and slices of bytes as they are. */
export const heldValueCodec: ValueCodec<unknown> = {
  encode(value) {
    if (!(value instanceof Slice)) return structuredCodec.encode(value);
    const bytes = new Uint8Array(1 + value.length);
    bytes[0] = sliceTag;
    bytes.set(value.buffer.subarray(value.start, value.end), 1);
    return bytes;
  },
  decode: (bytes) =>
    bytes[0] === sliceTag ? sliceOf(new Uint8Array(bytes.subarray(1))) : structuredCodec.decode(bytes),
};

function sliceOf(bytes: Uint8Array): Slice {
  const slice = new Slice();
  slice.buffer = bytes;
  slice.end = bytes.length;
  return slice;
}
