/** Where {@link Framer.split} puts what it finds: record `i`'s content lies from `bounds[2 * i]` to `bounds[2 * i + 1]`. */
export interface Frames {
  readonly bounds: Int32Array;
  size: number;
}

/**
 * Finds where records end in one stream of bytes. Made afresh for each stream, so it may keep what it must know between
 * calls, such as whether it is inside quotes.
 *
 * `split` looks at `bytes` from `from` to their end and adds each record that ends there to `frames`, until there are
 * `framesMax`. The record under way begins at `start`; what lies between `start` and `from` was seen by the call before.
 * It returns where the next record begins: the next `start`. When it stopped at `framesMax`, the next call's `from` is
 * that place too, otherwise what follows `bytes`.
 *
 * A record that is too long to keep is given with `start` = `from`, its beginning forgotten: only its end matters then.
 * The usual mistake: to look at bytes before `start`, or to take time that grows with `from - start`.
 */
export interface Framer {
  split(bytes: Buffer, start: number, from: number, frames: Frames, framesMax: number): number;
}

/** How records lie one after another in a stream of bytes. Plain description; {@link Framing.open} makes what works. */
export interface Framing {
  /** For people and for `explain()`: `"lines"`. */
  readonly name: string;
  /** Bytes that stand before each record's content and belong to it, such as a length. A record's place is the first of them. */
  readonly headBytes: number;
  /** The most bytes that stand after a record's content and belong to it. */
  readonly tailBytesMax: number;
  /** Why a record longer than the bound is refused, in a few words. */
  readonly tooLong: string;
  /** Why a record whose end is missing when the stream ends is refused; undefined: it is taken as a record. */
  readonly cutOff?: string | undefined;
  /** How many records at the beginning of each file or stream are no data, such as a header. Default 0. */
  readonly skipRecords?: number | undefined;
  open(): Framer;
  /** Writes the `headBytes` that stand before a content of `length` bytes. Needed only with `headBytes` > 0. */
  writeHead?(into: Buffer, at: number, length: number): void;
  /** What is written after each record. Default nothing. */
  readonly tail?: string | undefined;
}

/**
 * The same framing, but the first `records` of each file or stream are left out: `withHeader(lines)` for a CSV file whose
 * first line names the columns. Reading on in the middle of a file leaves nothing out.
 */
export function withHeader(framing: Framing, records = 1): Framing {
  return { ...framing, name: `${framing.name} after ${records} of header`, skipRecords: records };
}
