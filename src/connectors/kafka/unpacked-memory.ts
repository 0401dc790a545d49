import { blockBytes } from "../../codecs/block-memory.ts";

const slotBytesMin = 256 * 1024;
/** Records that unpack to more stay where they were unpacked to. */
const slotBytesMax = 8 * 1024 * 1024;

/**
 * Where unpacked records are worked on. Each batch is unpacked into new memory; that is given back at once, without waiting for
 * the collector, and the records are moved to memory that is used again and again and that a second thread may scan.
 *
 * There is room for two batches: the one that is worked on, and the one that is opened when that is through.
 */
export class UnpackedMemory {
  #memory: Buffer = Buffer.alloc(0);
  #slotBytes = 0;
  #slot = 0;

  /** Moves what was unpacked, which must be looked at no more, to where it stays until the second call from now. */
  move(unpacked: Buffer): Buffer {
    const { length } = unpacked;
    if (length > slotBytesMax) return unpacked;
    if (length > this.#slotBytes) this.#grow(length);
    this.#slot ^= 1;
    const at = this.#slot * this.#slotBytes;
    this.#memory.set(unpacked, at);
    giveBack(unpacked);
    return this.#memory.subarray(at, at + length);
  }

  /** What lies in the memory of before stays there. */
  #grow(bytes: number): void {
    this.#slotBytes = Math.max(slotBytesMin, 2 ** Math.ceil(Math.log2(bytes)));
    this.#memory = blockBytes(2 * this.#slotBytes);
  }
}

function giveBack({ buffer }: Buffer): void {
  // Small buffers share one with others.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
