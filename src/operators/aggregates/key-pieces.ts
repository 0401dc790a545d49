import { jsonOf, pieceBytesMax } from "./aggregate.ts";
import type { DistinctKey } from "./key-chunks.ts";

/** Keys on their way from one set to another, as JSON lists: a piece is full when its text is about as long as it may be. */
export class KeyPiece {
  #keys: DistinctKey[] = [];
  #length = 0;

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  get isFull(): boolean {
    return this.#length >= pieceBytesMax;
  }

  add(key: DistinctKey): void {
    this.#keys.push(key);
    this.#length += typeof key === "string" ? key.length + 3 : 18;
  }

  /** What was added, which it then no longer has. */
  take(): Uint8Array {
    const bytes = Buffer.from(JSON.stringify(this.#keys));
    this.#keys = [];
    this.#length = 0;
    return bytes;
  }
}

/** The keys of a piece. */
export function keysOf(piece: Uint8Array): readonly DistinctKey[] {
  return jsonOf(piece) as DistinctKey[];
}
