/**
 * A run of bytes inside a larger buffer: what a byte source hands on, so that a record is decoded where it lies.
 * One slice serves every record of a source: it is valid only during the call it is given to. Keep `copy()` or `text()`.
 */
export class Slice {
  buffer: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;

  /** A slice of its own, of all of these bytes. */
  static over(bytes: Uint8Array): Slice {
    const slice = new Slice();
    slice.buffer = bytes;
    slice.end = bytes.length;
    return slice;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** The bytes as text, UTF-8. */
  text(): string {
    return Buffer.from(this.buffer.buffer, this.buffer.byteOffset + this.start, this.end - this.start).toString("utf8");
  }

  /** The bytes, in memory of their own. */
  copy(): Uint8Array {
    return copyOf(this.buffer.subarray(this.start, this.end));
  }
}

/** The same bytes in memory of their own. Not `bytes.slice()`, which of a `Buffer` makes another view of the same memory. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** A place in a partition of a source, as JSON data. Only the source knows what it means. */
export type Position = string | number | null | readonly Position[] | { readonly [name: string]: Position };

/** A sequence of records with an order and a position of its own: a file, a Kafka partition, a socket. */
export interface Partition {
  /** Its name, the same in every run: state is kept under it. */
  readonly name: string;
}

/** What all batches tell. */
interface BatchBase {
  readonly partition: Partition;
  /** How many records. */
  readonly size: number;
  /** Bytes of input the batch stands for, whole lines and framing included. */
  readonly bytes: number;
  /** Where to read from so that record `index` comes first; with `index` = `size`, what follows the batch. */
  resume(index: number): Position;
  /** Record `index`'s place, for people: `"frames.jsonl, byte 4096"`. */
  describe(index: number): string;
}

/** Records as bytes of one buffer. Record `i` lies from `bounds[2 * i]` to `bounds[2 * i + 1]`. */
export interface ByteBatch extends BatchBase {
  readonly buffer: Uint8Array;
  readonly bounds: Int32Array;
  /** Records that the source itself had to refuse: their indexes (ascending), each with a reason, such as `"line too long"`. */
  readonly refused?: readonly { readonly index: number; readonly reason: string }[] | undefined;
  readonly values?: undefined;
}

/** Records as values. */
export interface ValueBatch<T> extends BatchBase {
  readonly values: readonly T[];
  readonly buffer?: undefined;
}

/** What a source hands on at once. Its buffer and values belong to the engine until the next `read`; the engine changes neither. */
export type Batch<T = unknown> = ByteBatch | ValueBatch<T>;
