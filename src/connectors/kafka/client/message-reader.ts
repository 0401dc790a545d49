import type { MessageMemory } from "./message-memory.ts";

/** What a message begins with: how many bytes follow. */
const headBytes = 4;
/** A message without even a number that tells whose answer it is. */
const messageBytesMin = 8;
/** What no broker sends at once. */
const messageBytesMax = 256 * 1024 * 1024;
const scratchBytes = 64 * 1024;

/**
 * Puts messages together from a socket that reads straight to where they are to lie: a large one, as soon as its size is known, into
 * memory of its own. Short ones are read many at once and copied. So nothing is made for each piece that a socket brings.
 */
export class MessageReader {
  readonly #memory: MessageMemory;
  readonly #handOn: (message: Buffer) => void;
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes);
  /** Of the scratch: the beginning of a message, too short to say how long it is. */
  #begun = 0;
  /** The message that is being read. */
  #message: Buffer | undefined;
  #filled = 0;

  /** @param handOn gets each message whole, its size included, to keep. */
  constructor(memory: MessageMemory, handOn: (message: Buffer) => void) {
    this.#memory = memory;
    this.#handOn = handOn;
  }

  /** Where the socket is to read to next. */
  get room(): Buffer {
    return this.#message === undefined ? this.#scratch.subarray(this.#begun) : this.#message.subarray(this.#filled);
  }

  /** So many bytes have come into the room. Gives what should begin a message, and begins none that a broker sends. */
  filled(bytes: number): Buffer | undefined {
    if (this.#message === undefined) return this.#cut(this.#scratch.subarray(0, this.#begun + bytes));
    this.#filled += bytes;
    if (this.#filled === this.#message.length) {
      const message = this.#message;
      this.#message = undefined;
      this.#handOn(message);
    }
    return undefined;
  }

  /** No more comes: what came of a message that is not whole is forgotten. */
  end(): void {
    if (this.#message !== undefined) this.#memory.divide([this.#message.subarray(0, 0)]);
    this.#message = undefined;
  }

  #cut(bytes: Buffer): Buffer | undefined {
    let rest = bytes;
    while (rest.length >= headBytes) {
      const size = headBytes + rest.readInt32BE(0);
      if (size < messageBytesMin || size > messageBytesMax) return rest;
      if (size > rest.length) {
        this.#begin(size, rest);
        return undefined;
      }
      this.#handOn(Buffer.from(rest.subarray(0, size)));
      rest = rest.subarray(size);
    }
    this.#scratch.set(rest);
    this.#begun = rest.length;
    return undefined;
  }

  #begin(size: number, bytes: Buffer): void {
    this.#message = size > scratchBytes ? this.#memory.take(size).subarray(0, size) : Buffer.allocUnsafeSlow(size);
    this.#message.set(bytes);
    this.#filled = bytes.length;
    this.#begun = 0;
  }
}
