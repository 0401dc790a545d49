import type { MessageMemory } from "./message-memory.ts";

/** What a message begins with: how many bytes follow. */
const headBytes = 4;
/** What no broker sends at once; whoever claims it is left to the reader behind, which knows how to complain. */
const messageBytesMax = 256 * 1024 * 1024;

/**
 * Hands messages on whole, whatever pieces a socket brings them in: the reader behind then need not keep the pieces and
 * copy them once more. What comes whole is handed on as it came.
 */
export class JoinedMessages {
  readonly #memory: MessageMemory;
  readonly #handOn: (bytes: Buffer) => void;
  /** The message being put together. */
  #message: Buffer | undefined;
  #filled = 0;
  #size = 0;
  /** A piece so short that it does not even say how much comes. */
  #short: Buffer | undefined;

  constructor(memory: MessageMemory, handOn: (bytes: Buffer) => void) {
    this.#memory = memory;
    this.#handOn = handOn;
  }

  /** Takes what came next; it is copied or handed on at once. */
  take(piece: Buffer): void {
    let rest = this.#short === undefined ? piece : Buffer.concat([this.#short, piece]);
    this.#short = undefined;
    if (this.#message !== undefined) rest = this.#fill(rest);
    while (rest.length >= headBytes) {
      const size = headBytes + rest.readInt32BE(0);
      if (size < headBytes || size > messageBytesMax || size <= rest.length) {
        const whole = size < headBytes || size > messageBytesMax ? rest.length : size;
        this.#handOn(rest.subarray(0, whole));
        rest = rest.subarray(whole);
        continue;
      }
      this.#message = this.#memory.take(size);
      this.#size = size;
      this.#filled = 0;
      rest = this.#fill(rest);
    }
    if (rest.length > 0) this.#short = Buffer.from(rest);
  }

  /** No more comes: what came of a message that is not whole is forgotten. */
  end(): void {
    if (this.#message === undefined) return;
    this.#memory.divide([this.#message.subarray(0, 0)]);
    this.#message = undefined;
  }

  /** Gives what belongs to the next message. */
  #fill(piece: Buffer): Buffer {
    const bytes = Math.min(piece.length, this.#size - this.#filled);
    piece.copy(this.#message!, this.#filled, 0, bytes);
    this.#filled += bytes;
    if (this.#filled === this.#size) {
      const message = this.#message!.subarray(0, this.#size);
      this.#message = undefined;
      this.#handOn(message);
    }
    return piece.subarray(bytes);
  }
}
