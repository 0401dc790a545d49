import { pieceBytesMax } from "./aggregate.ts";
import type { IdTable } from "./id-table.ts";
import { KeyWords } from "./key-words.ts";

/** Keys on their way from one table to another, as words: a piece is full when it is about as long as it may be. */
export class KeyPiece {
  #words = new KeyWords();

  get isEmpty(): boolean {
    return this.#words.end === 0;
  }

  get isFull(): boolean {
    return this.#words.end * Int32Array.BYTES_PER_ELEMENT >= pieceBytesMax;
  }

  /** Adds the key that has a number in a table. */
  add(ids: IdTable, id: number): void {
    ids.write(id, this.#words);
    this.#words.keep();
  }

  /** What was added, which it then no longer has. */
  take(): Uint8Array {
    const bytes = this.#words.bytes(0, this.#words.end);
    this.#words = new KeyWords();
    return bytes;
  }
}
