import { copyOf } from "../../../core/records.ts";
import { MalformedBatch } from "../malformed-batch.ts";
import { absent, type RecordColumns } from "../record-columns.ts";
import { ChangelogKeyReader } from "./changelog-key.ts";
import { nameOfEntry, Pieces, type PiecesOf, pieceNumber, readPiecesHeader } from "./pieces.ts";

/** Takes changes back, in order; `value` undefined for a deletion, its bytes valid during the call only. */
export type OnChange = (store: string, entry: string, value: Uint8Array | undefined) => void;

/** Gives the changes that the records of a changelog partition stand for. */
export class ChangelogReplay {
  readonly pieces = new Pieces();
  records = 0;
  bytes = 0;
  readonly #onChange: OnChange;
  readonly #key = new ChangelogKeyReader();
  /** Pieces of one entry whose end has not come yet: it comes next, or they were left behind by a value that is gone. */
  #held: { readonly name: string; readonly pieces: Map<number, Uint8Array> } | undefined;

  constructor(onChange: OnChange) {
    this.#onChange = onChange;
  }

  /** Throws {@link MalformedBatch} at records that Millrace did not write. */
  take(columns: RecordColumns): void {
    const { buffer, bounds, keys, headers, nulls, size } = columns;
    const key = this.#key;
    let nextNull = 0;
    for (let i = 0; i < size; i++) {
      key.read(buffer, keys[2 * i]!, keys[2 * i + 1]!);
      const isNull = nulls[nextNull] === i;
      if (isNull) nextNull++;
      const value = isNull ? undefined : buffer.subarray(bounds[2 * i]!, bounds[2 * i + 1]!);
      if (key.piece !== undefined) this.#hold(key.piece, value);
      else if (buffer[headers[i]!] === 0) this.#whole(value);
      else this.#end(value, readPiecesHeader(buffer, headers[i]!));
    }
    this.records += size;
    if (size > 0) this.bytes += bounds[2 * size - 1]! - (keys[0] === absent ? bounds[0]! : keys[0]!);
  }

  #whole(value: Uint8Array | undefined): void {
    const { store, entry } = this.#key;
    this.pieces.delete(store, entry);
    this.#onChange(store, entry, value);
  }

  #hold(piece: number, value: Uint8Array | undefined): void {
    const name = nameOfEntry(this.#key.store, this.#key.entry);
    if (this.#held?.name !== name) this.#held = { name, pieces: new Map() };
    if (value === undefined) this.#held.pieces.delete(piece);
    else this.#held.pieces.set(piece, copyOf(value));
  }

  #end(last: Uint8Array | undefined, pieces: PiecesOf): void {
    const { store, entry } = this.#key;
    const held = this.#held?.name === nameOfEntry(store, entry) ? this.#held.pieces : undefined;
    this.#held = undefined;
    const parts: Uint8Array[] = [];
    for (let index = 0; index < pieces.count - 1; index++) {
      const part = held?.get(pieceNumber(index, pieces.side));
      if (part === undefined) throw new MalformedBatch(`piece ${index} of an entry of "${store}" is missing`);
      parts.push(part);
    }
    if (last === undefined) throw new MalformedBatch(`the last piece of an entry of "${store}" is missing`);
    this.pieces.set(store, entry, pieces);
    this.#onChange(store, entry, Buffer.concat([...parts, last]));
  }
}
