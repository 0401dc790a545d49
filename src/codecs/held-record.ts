const initialBytes = 4096;

/** The beginning of a record whose end has not come yet, copied out of its block. Grows to its bound and no further. */
export class HeldRecord {
  /** Where the record begins in its stream. */
  offset = 0;
  length = 0;
  /** Whether the record is longer than what can be held, and the rest of it let go. */
  overflown = false;
  readonly #bytesMax: number;
  #memory: Buffer = Buffer.alloc(0);

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): Buffer {
    return this.#memory.subarray(0, this.length);
  }

  begin(offset: number): void {
    this.offset = offset;
    this.length = 0;
    this.overflown = false;
  }

  clear(): void {
    this.begin(0);
  }

  /** Takes what fits of `block` from `from` on; returns how many bytes that was. */
  append(block: Buffer, from: number): number {
    const count = Math.min(block.length - from, this.#bytesMax - this.length);
    this.#reserve(this.length + count);
    block.copy(this.#memory, this.length, from, from + count);
    this.length += count;
    return count;
  }

  copyTo(target: Buffer, at: number): void {
    this.#memory.copy(target, at, 0, this.length);
  }

  #reserve(length: number): void {
    if (length <= this.#memory.length) return;
    const size = Math.min(Math.max(length, 2 * this.#memory.length, initialBytes), this.#bytesMax);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#memory.copy(larger, 0, 0, this.length);
    this.#memory = larger;
  }
}
