/**
 * Why bytes are not a record: what a decoder returns instead of a value. Not thrown, since bad input is no exception,
 * and a thousand bad records a second must not cost a thousand stack traces. Make one instance a reason and return it again.
 */
export class Malformed {
  /** A few words, from a bounded set, since it becomes a metric's label: `"not JSON"`, `"no ts"`. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/**
 * Bytes to values.
 *
 * `decode` is called once a record, in order. It must not keep `bytes`, which are overwritten after the call, and must
 * return {@link Malformed} for bytes it cannot take; what it throws counts as the step's failure, not the record's.
 */
export interface Decoder<T> {
  /** What it reads, for `explain()`: `"json.pick(ts, uid)"`. */
  readonly name: string;
  /**
   * Called before the records of a block: record `i` of `size`, at least one, lies from `bounds[2 * i]` to `bounds[2 * i + 1]`
   * of `bytes`, and all of them lie in that order. For checks and indexes that are cheaper over many. Optional. The records are
   * decoded afterwards in their order, but some may be left out, and others, from elsewhere, may come between.
   */
  begin?(bytes: Uint8Array, bounds: Int32Array, size: number): void;
  decode(bytes: Uint8Array, start: number, end: number): T | Malformed;
}

/** Values to bytes. `encode` returns a record without separator; the sink's framing adds it. */
export interface Encoder<T> {
  readonly name: string;
  encode(value: T): string | Uint8Array;
}

/** Both ways. */
export interface Codec<T> extends Decoder<T>, Encoder<T> {
  readonly name: string;
}
