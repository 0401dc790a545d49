import type { ByteBatch, Partition, Position } from "../core/records.ts";
import type { Cut } from "./record-cutter.ts";

/** Where the bytes of a cut come from. */
export interface Origin {
  /** For people: a path, `"stdin"`, or who sends them. */
  readonly name: string;
  /** The place at `offset` of the stream; `before` are bytes that lie right before it, as far as they are at hand. */
  position(offset: number, before: Uint8Array): Position;
}

/** The records of a cut as a batch. Positions cost nothing until they are asked for. */
export class CutBatch implements ByteBatch {
  readonly partition: Partition;
  readonly buffer: Buffer;
  readonly bounds: Int32Array;
  readonly size: number;
  readonly bytes: number;
  readonly refused: ByteBatch["refused"];
  readonly #cut: Cut;
  readonly #headBytes: number;
  readonly #origin: Origin;

  constructor(partition: Partition, cut: Cut, headBytes: number, origin: Origin) {
    this.partition = partition;
    this.buffer = cut.buffer;
    this.bounds = cut.bounds;
    this.size = cut.size;
    this.bytes = cut.endOffset - cut.startOffset;
    this.refused = cut.refused;
    this.#cut = cut;
    this.#headBytes = headBytes;
    this.#origin = origin;
  }

  resume(index: number): Position {
    const { base, buffer, startOffset } = this.#cut;
    const offset = this.#offset(index);
    // Of a record too long to keep, the bytes before its end are not at hand.
    const end = offset - base <= buffer.length ? offset - base : 0;
    return this.#origin.position(offset, buffer.subarray(Math.min(startOffset - base, end), end));
  }

  describe(index: number): string {
    return `${this.#origin.name}, byte ${this.#offset(index)}`;
  }

  #offset(index: number): number {
    const cut = this.#cut;
    if (index === 0) return cut.startOffset;
    return index >= cut.size ? cut.endOffset : cut.base + cut.bounds[2 * index]! - this.#headBytes;
  }
}
