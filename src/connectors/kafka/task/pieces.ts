import { MalformedBatch } from "../malformed-batch.ts";
import { type RecordHeader, readHeaders } from "../record-headers.ts";

/** How a value lies that is too large for one record. */
export interface PiecesOf {
  /** How many pieces, the entry's own record counted, which holds the last. */
  readonly count: number;
  /**
   * Each new value of an entry takes the other side's keys: a write that is torn, or compacted before its end is there, leaves
   * the pieces of the value before whole.
   */
  readonly side: 0 | 1;
}

const headerName = "pieces";

/** The header of the record that ends a value in pieces. */
export function piecesHeader(count: number, side: 0 | 1): readonly [string, Uint8Array] {
  return [headerName, Buffer.from(`${count} ${side}`)];
}

/** What the headers that begin at `at` say of pieces. Throws {@link MalformedBatch} at others. */
export function readPiecesHeader(buffer: Buffer, at: number): PiecesOf {
  const header = readHeaders(buffer, at).find(([name]: RecordHeader) => name === headerName);
  const [, count, side] = /^(\d{1,9}) ([01])$/.exec(Buffer.from(header?.[1] ?? []).toString("latin1")) ?? [];
  if (Number(count) >= 2) return { count: Number(count), side: side === "1" ? 1 : 0 };
  throw new MalformedBatch("a record of the changelog has headers that Millrace did not write");
}

/** The number in the key of a piece. */
export function pieceNumber(index: number, side: 0 | 1): number {
  return 2 * index + side;
}

/** In how many pieces the values of entries lie, of those where that is more than one: few, and large. */
export class Pieces {
  readonly #entries = new Map<string, PiecesOf>();

  get(store: string, entry: string): PiecesOf | undefined {
    return this.#entries.size === 0 ? undefined : this.#entries.get(nameOfEntry(store, entry));
  }

  set(store: string, entry: string, pieces: PiecesOf): void {
    this.#entries.set(nameOfEntry(store, entry), pieces);
  }

  delete(store: string, entry: string): void {
    if (this.#entries.size > 0) this.#entries.delete(nameOfEntry(store, entry));
  }
}

/** The name of an entry of a store: no two share one, since its length goes before a store's name. */
export function nameOfEntry(store: string, entry: string): string {
  return `${store.length} ${store} ${entry}`;
}
