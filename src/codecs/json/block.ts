import { Buffer, isUtf8 } from "node:buffer";
import { shortText } from "./short-text.ts";

/** Node's own calls behind `toString`, twice as quick for short text; there since its first versions, though not in its types. */
interface QuickSlices {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

/** The memory that records lie in, seen as bytes, as words and as text. Made once a buffer, not once a record. */
export class Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #buffer: Buffer & QuickSlices;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as Buffer & QuickSlices;
  }

  /** Whether the bytes are UTF-8 as the standard has it: no overlong forms, no surrogates, nothing cut short. */
  isUtf8(start: number, end: number): boolean {
    return isUtf8(this.#buffer.subarray(start, end));
  }

  /** The text of bytes known to be UTF-8. A byte order mark stays in it. */
  utf8(start: number, end: number): string {
    return this.#buffer.utf8Slice(start, end);
  }

  /** The text of bytes known to be ASCII. */
  ascii(start: number, end: number): string {
    return shortText(this.bytes, start, end) ?? this.#buffer.latin1Slice(start, end);
  }
}
