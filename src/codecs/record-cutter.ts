import type { Framer, Frames, Framing } from "./framing.ts";
import { HeldRecord } from "./held-record.ts";

/** The bounds within which records are cut. */
export interface CutLimits {
  /** The longest content a record may have. */
  readonly recordBytesMax: number;
  /** Records in one cut. */
  readonly batchRecordsMax: number;
}

/** Records found in one run of bytes. Its parts are used again for the next cut. */
export interface Cut {
  readonly buffer: Buffer;
  readonly bounds: Int32Array;
  readonly size: number;
  /** What offset of the stream `buffer[0]` has; may be negative. */
  readonly base: number;
  /** Offsets in the stream: where the first record begins, and what follows the last. */
  readonly startOffset: number;
  readonly endOffset: number;
  readonly refused: readonly { readonly index: number; readonly reason: string }[] | undefined;
}

/**
 * Cuts a stream that comes in blocks into records, each contiguous in memory. Memory: one record of the longest length
 * beside the caller's blocks, however long the stream or a record in it is. Time is linear in the bytes, however small
 * the blocks; a byte is copied at most twice, and only those of records that lie in several blocks are.
 *
 * Call `next` until it gives undefined, then `feed` the following block; after the last block call `finish`, and `next`
 * until undefined. A block belongs to the cutter until `next` has given undefined. A record too long to keep is refused
 * when its end has come by; what is kept of it is its beginning.
 */
export class RecordCutter {
  readonly #framing: Framing;
  readonly #limits: CutLimits;
  readonly #held: HeldRecord;
  readonly #frames: Frames;
  #framer: Framer;
  /** The block at hand, ending where its bytes end: the record under way begins at `start`, and up to `from` it was looked at. */
  #block: Buffer = Buffer.alloc(0);
  #start = 0;
  #from = 0;
  #base = 0;
  #toSkip: number;
  #last: Cut | undefined;

  constructor(framing: Framing, limits: CutLimits, offset = 0) {
    this.#framing = framing;
    this.#limits = limits;
    this.#held = new HeldRecord(limits.recordBytesMax + framing.headBytes + framing.tailBytesMax);
    this.#frames = { bounds: new Int32Array(2 * limits.batchRecordsMax), size: 0 };
    this.#framer = framing.open();
    this.#base = offset;
    this.#toSkip = offset === 0 ? (framing.skipRecords ?? 0) : 0;
  }

  /** The offset that the next record begins at, as far as is known. */
  get offset(): number {
    return this.#held.length > 0 ? this.#held.offset : this.#base + this.#start;
  }

  /** Whether bytes of the block are still to be looked at: the next `next` may well give a cut. */
  get pending(): boolean {
    return this.#last !== undefined || this.#from < this.#block.length;
  }

  /** Starts anew at `offset` of another stream. What was not cut yet is forgotten. */
  reset(offset: number): void {
    this.#framer = this.#framing.open();
    this.#held.clear();
    this.#block = this.#block.subarray(0, 0);
    this.#start = this.#from = 0;
    this.#base = offset;
    this.#last = undefined;
    this.#toSkip = offset === 0 ? (this.#framing.skipRecords ?? 0) : 0;
  }

  /**
   * Takes the next block: `buffer` from `from` to `end`. What lies before `from` may be overwritten; 64 KiB of such room
   * save a batch of its own for a record that lies across two blocks.
   */
  feed(buffer: Buffer, from: number, end: number): void {
    this.#base = this.#base + this.#block.length - from;
    this.#block = buffer.subarray(0, end);
    this.#start = this.#from = from;
    const held = this.#held;
    if (held.length === 0 || held.overflown || held.length > from || held.length > end - from) return;
    held.copyTo(buffer, from - held.length);
    this.#start = from - held.length;
    held.clear();
  }

  /** No more bytes come: what is left is the last record. */
  finish(): void {
    const held = this.#held;
    if (held.length === 0) return;
    const { headBytes, cutOff } = this.#framing;
    this.#frames.bounds[0] = Math.min(headBytes, held.length);
    this.#frames.bounds[1] = held.length;
    this.#frames.size = 1;
    this.#last = this.#cutHeld(this.#base + this.#block.length, held.overflown ? undefined : cutOff);
  }

  /** The next records, at least one; undefined when more bytes are needed. */
  next(): Cut | undefined {
    for (;;) {
      const cut = this.#find();
      if (cut === undefined || this.#toSkip === 0) return cut;
      const rest = skip(cut, Math.min(this.#toSkip, cut.size), this.#framing.headBytes);
      this.#toSkip -= cut.size - rest.size;
      if (rest.size > 0) return rest;
    }
  }

  #find(): Cut | undefined {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined) return last;
    if (this.#from === this.#block.length) {
      this.#holdRest();
      return undefined;
    }
    return this.#held.length > 0 ? this.#findHeldEnd() : this.#findInBlock();
  }

  #findInBlock(): Cut | undefined {
    const frames = this.#frames;
    const first = this.#start;
    frames.size = 0;
    this.#start = this.#framer.split(this.#block, first, this.#from, frames, this.#limits.batchRecordsMax);
    this.#from = frames.size === this.#limits.batchRecordsMax ? this.#start : this.#block.length;
    if (frames.size > 0) return this.#cut(this.#block, this.#base, this.#base + first, this.#base + this.#start);
    this.#holdRest();
    return undefined;
  }

  /** Looks for the end of a record that began in an earlier block, adding to what is held of it. */
  #findHeldEnd(): Cut | undefined {
    const { overflown } = this.#held;
    return overflown ? this.#findOverflownEnd() : this.#extendHeld();
  }

  #extendHeld(): Cut | undefined {
    const held = this.#held;
    const before = held.length;
    const taken = held.append(this.#block, this.#from);
    this.#frames.size = 0;
    const end = this.#framer.split(held.bytes, 0, before, this.#frames, 1);
    if (this.#frames.size === 0) {
      this.#from += taken;
      held.overflown = this.#from < this.#block.length;
      this.#start = this.#from;
      return held.overflown ? this.#findOverflownEnd() : undefined;
    }
    this.#start = this.#from += end - before;
    return this.#cutHeld(this.#base + this.#start, undefined);
  }

  #findOverflownEnd(): Cut | undefined {
    const { headBytes } = this.#framing;
    this.#frames.size = 0;
    const end = this.#framer.split(this.#block, this.#from, this.#from, this.#frames, 1);
    if (this.#frames.size === 0) {
      this.#start = this.#from = this.#block.length;
      return undefined;
    }
    this.#start = this.#from = end;
    this.#frames.bounds[0] = headBytes;
    this.#frames.bounds[1] = this.#held.length;
    return this.#cutHeld(this.#base + end, undefined);
  }

  /** The held record as a cut of its own; its memory is not written before the next block is fed. */
  #cutHeld(endOffset: number, cutOff: string | undefined): Cut {
    const { offset, overflown, bytes } = this.#held;
    this.#held.clear();
    const cut = this.#cut(bytes, offset, offset, endOffset);
    if (overflown && cut.refused === undefined)
      return { ...cut, refused: [{ index: 0, reason: this.#framing.tooLong }] };
    return cutOff === undefined ? cut : { ...cut, refused: [{ index: 0, reason: cutOff }] };
  }

  #cut(buffer: Buffer, base: number, startOffset: number, endOffset: number): Cut {
    const { bounds, size } = this.#frames;
    const refused = endOffset - startOffset > this.#limits.recordBytesMax ? this.#refuseLong() : undefined;
    return { buffer, bounds, size, base, startOffset, endOffset, refused };
  }

  #refuseLong(): Cut["refused"] {
    const { bounds, size } = this.#frames;
    const refused: { index: number; reason: string }[] = [];
    for (let index = 0; index < size; index++) {
      const lengthMax = this.#limits.recordBytesMax;
      if (bounds[2 * index + 1]! - bounds[2 * index]! <= lengthMax) continue;
      bounds[2 * index + 1] = bounds[2 * index]! + lengthMax;
      refused.push({ index, reason: this.#framing.tooLong });
    }
    return refused.length > 0 ? refused : undefined;
  }

  #holdRest(): void {
    const rest = this.#block.length - this.#start;
    if (rest === 0) return;
    const held = this.#held;
    held.begin(this.#base + this.#start);
    held.overflown = held.append(this.#block, this.#start) < rest;
    this.#start = this.#from = this.#block.length;
  }
}

/** The cut without its first `count` records. */
function skip(cut: Cut, count: number, headBytes: number): Cut {
  const bounds = cut.bounds.subarray(2 * count);
  const size = cut.size - count;
  const refused = cut.refused?.map((one) => ({ ...one, index: one.index - count })).filter((one) => one.index >= 0);
  const startOffset = size === 0 ? cut.endOffset : cut.base + bounds[0]! - headBytes;
  return { ...cut, bounds, size, startOffset, refused: refused?.length ? refused : undefined };
}
