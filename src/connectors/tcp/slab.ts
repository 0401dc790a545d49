/**
 * Memory in which what goes to a socket is put together. The kernel takes most writes at once, and the same memory serves
 * the next one; what it does not take stays where it is, and the rest of the slab is used.
 */
export class Slab {
  /** How much is put together at a time. */
  readonly size: number;
  #memory: Buffer;
  #from = 0;

  constructor(size = 64 * 1024) {
    this.size = size;
    this.#memory = Buffer.allocUnsafeSlow(size);
  }

  /** Memory with room for `bytes`, at most the slab's size, at its beginning. Valid until the next call. */
  room(bytes: number): Buffer {
    if (bytes > this.#memory.length - this.#from) {
      this.#memory = Buffer.allocUnsafeSlow(this.size);
      this.#from = 0;
    }
    return this.#memory.subarray(this.#from);
  }

  /** These bytes, if they lie in the slab, must stay as they are. */
  keep(bytes: Uint8Array): void {
    if (bytes.buffer === this.#memory.buffer) this.#from = bytes.byteOffset + bytes.length;
  }
}
