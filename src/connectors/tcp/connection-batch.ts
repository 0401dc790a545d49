import type { Cut } from "../../codecs/record-cutter.ts";
import type { ByteBatch, Partition, Position } from "../../core/records.ts";

/** Records of one connection. Its positions tell people how far it was; nobody can read from them again. */
export class ConnectionBatch implements ByteBatch {
  readonly partition: Partition;
  readonly buffer: Buffer;
  readonly bounds: Int32Array;
  readonly size: number;
  readonly bytes: number;
  readonly refused: ByteBatch["refused"];
  readonly #cut: Cut;
  readonly #peer: string;

  constructor(partition: Partition, cut: Cut, peer: string) {
    this.partition = partition;
    this.buffer = cut.buffer;
    this.bounds = cut.bounds;
    this.size = cut.size;
    this.bytes = cut.endOffset - cut.startOffset;
    this.refused = cut.refused;
    this.#cut = cut;
    this.#peer = peer;
  }

  resume(index: number): Position {
    return { peer: this.#peer, offset: this.#offset(index) };
  }

  describe(index: number): string {
    return `${this.#peer}, byte ${this.#offset(index)}`;
  }

  #offset(index: number): number {
    const { startOffset, endOffset, size, base, bounds } = this.#cut;
    if (index === 0) return startOffset;
    return index >= size ? endOffset : base + bounds[2 * index]!;
  }
}
