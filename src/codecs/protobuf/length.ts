/** What Protocol Buffers allow a message to have, in bytes. */
const lengthMax = 0x7fff_ffff;
const lengthBytesMax = 5;

/**
 * Reads a length written as a base-128 varint, byte by byte. Source: Protocol Buffers' encoding, "Base 128 Varints".
 * Takes lengths that are written longer than they need be, up to 5 bytes in all.
 */
export class LengthReader {
  /** The length, once `push` has returned true; -1 when the bytes are no length of a message. */
  length = 0;
  #bytes = 0;

  /** Takes the next byte; true when it is the last one. */
  push(byte: number): boolean {
    if (this.#bytes === 0) this.length = 0;
    this.length += (byte & 0x7f) * 2 ** (7 * this.#bytes++);
    if (byte > 0x7f && this.#bytes < lengthBytesMax) return false;
    if (byte > 0x7f || this.length > lengthMax) this.length = -1;
    this.#bytes = 0;
    return true;
  }

  /** Forgets a length that was not read to its end. */
  reset(): void {
    this.#bytes = 0;
  }
}
