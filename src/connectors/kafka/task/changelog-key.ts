import { MalformedBatch } from "../malformed-batch.ts";

/**
 * What the key of a record in a changelog topic says: which store, which entry of it, and for a value too large for one
 * record, which piece of it.
 *
 *     key = kind: 8 bits, length of the store's name in bytes: 16 bits, the name, UTF-8; for a piece its number: 32 bits;
 *           the entry's key, UTF-8, or UTF-16 little-endian when half a surrogate pair is in it
 *
 * Numbers are big-endian. Stored for good: a new layout takes new kinds.
 */
const kinds = { entry: 1, wideEntry: 2, piece: 3, widePiece: 4 } as const;

const headBytes = 3;
const pieceNumberBytes = 4;
const storeBytesMax = 0xffff;

/** Writes keys, each into the same memory: valid until the next. */
export class ChangelogKeyWriter {
  #bytes: Buffer = Buffer.allocUnsafe(256);
  readonly #stores = new Map<string, Buffer>();

  /** `piece` undefined for the entry itself. Throws a RangeError when a store's name is longer than 65,535 bytes. */
  write(store: string, entry: string, piece: number | undefined): Buffer {
    const name = this.#name(store);
    const isWide = !entry.isWellFormed();
    const encoding = isWide ? "utf16le" : "utf8";
    const entryBytes = Buffer.byteLength(entry, encoding);
    const pieceBytes = piece === undefined ? 0 : pieceNumberBytes;
    const length = headBytes + name.length + pieceBytes + entryBytes;
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(2 * length);
    const bytes = this.#bytes;
    bytes[0] = (piece === undefined ? kinds.entry : kinds.piece) + (isWide ? 1 : 0);
    bytes.writeUInt16BE(name.length, 1);
    bytes.set(name, headBytes);
    if (piece !== undefined) bytes.writeUInt32BE(piece, headBytes + name.length);
    bytes.write(entry, length - entryBytes, entryBytes, encoding);
    return bytes.subarray(0, length);
  }

  #name(store: string): Buffer {
    let name = this.#stores.get(store);
    if (name === undefined) {
      name = Buffer.from(store);
      if (name.length > storeBytesMax) throw new RangeError(`the name of a store has ${name.length} bytes`);
      this.#stores.set(store, name);
    }
    return name;
  }
}

/** Reads keys where they lie. Its fields are those of the last key. */
export class ChangelogKeyReader {
  store = "";
  entry = "";
  /** Undefined for the entry itself. */
  piece: number | undefined;
  /** The bytes of `store`: most keys are of the same one as the key before. */
  #name: Buffer = Buffer.alloc(0);

  /** Throws {@link MalformedBatch} at what {@link ChangelogKeyWriter} does not write. */
  read(bytes: Buffer, start: number, end: number): void {
    const kind = bytes[start]!;
    if (start < 0 || end - start < headBytes || kind < kinds.entry || kind > kinds.widePiece) throw foreign();
    const nameStart = start + headBytes;
    const nameEnd = nameStart + bytes.readUInt16BE(start + 1);
    const isPiece = kind >= kinds.piece;
    const entryStart = isPiece ? nameEnd + pieceNumberBytes : nameEnd;
    if (entryStart > end) throw foreign();
    if (!isAt(bytes, nameStart, nameEnd, this.#name)) {
      this.#name = Buffer.from(bytes.subarray(nameStart, nameEnd));
      this.store = this.#name.toString("utf8");
    }
    this.piece = isPiece ? bytes.readUInt32BE(nameEnd) : undefined;
    const isWide = kind === kinds.wideEntry || kind === kinds.widePiece;
    this.entry = bytes.toString(isWide ? "utf16le" : "utf8", entryStart, end);
  }
}

/** A loop: for so few bytes a call of the buffer's own costs several times as much. */
function isAt(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

function foreign(): MalformedBatch {
  return new MalformedBatch("a record of the changelog has a key that Millrace did not write");
}
