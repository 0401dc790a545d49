import { crc32 } from "node:zlib";

/**
 * How changes lie in a segment: blocks, one after the other. All numbers are 32-bit little-endian.
 *
 *     block   = length of payload, CRC-32 of (length, payload), payload
 *     payload = records; the first names a store, and those after it belong to that store
 *     record  = store: 0 text | put: 1 text, length, bytes | delete: 2 text
 *     text    = byte length * 2, + 1 when UTF-16, then the bytes: UTF-8 unless half a surrogate pair is in it
 */
export const blockHeaderBytes = 8;

const storeRecord = 0;
const putRecord = 1;
const deleteRecord = 2;
/** Room for a record's tag, the length of its text, and the length of its value. */
const recordHeadBytes = 9;

/** The CRC-32 of a block that starts at `start` and ends at `end`, its own field left out. */
export function blockChecksum(buffer: Uint8Array, start: number, end: number): number {
  return crc32(buffer.subarray(start + blockHeaderBytes, end), crc32(buffer.subarray(start, start + 4)));
}

/**
 * Changes to blocks, in one growing buffer. A block is sealed when it has reached `blockBytes`, so that a reader needs
 * little memory, and by `seal`. What was sealed stands in `bytes()` until `clear`.
 */
export class BlockEncoder {
  readonly #blockBytes: number;
  #buffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024);
  #end = 0;
  /** Where the open block starts; -1 when none is open. */
  #block = -1;
  #store = "";

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
  }

  /** Bytes encoded so far, the open block included. */
  get size(): number {
    return this.#end;
  }

  /** The store whose changes follow. */
  store(name: string): void {
    this.#store = name;
    if (this.#block >= 0) this.#text(storeRecord, name, 0);
  }

  /** `key` has `value`, which is copied. */
  put(key: string, value: Uint8Array): void {
    this.#begin();
    this.#text(putRecord, key, value.length + 4);
    this.#end = this.#buffer.writeUInt32LE(value.length, this.#end);
    this.#buffer.set(value, this.#end);
    this.#end += value.length;
    if (this.#end - this.#block >= this.#blockBytes) this.seal();
  }

  /** `key` is gone. */
  delete(key: string): void {
    this.#begin();
    this.#text(deleteRecord, key, 0);
    if (this.#end - this.#block >= this.#blockBytes) this.seal();
  }

  /** Ends the open block, if there is one. */
  seal(): void {
    if (this.#block < 0) return;
    this.#buffer.writeUInt32LE(this.#end - this.#block - blockHeaderBytes, this.#block);
    this.#buffer.writeUInt32LE(blockChecksum(this.#buffer, this.#block, this.#end), this.#block + 4);
    this.#block = -1;
  }

  /** All sealed blocks. A view, overwritten by what is encoded after `clear`. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#block < 0 ? this.#end : this.#block);
  }

  /** Forgets everything, and gives back memory that only an unusual burst needed. */
  clear(): void {
    if (this.#buffer.length > 8 * this.#blockBytes) this.#buffer = Buffer.allocUnsafeSlow(64 * 1024);
    this.#end = 0;
    this.#block = -1;
  }

  #begin(): void {
    if (this.#block >= 0) return;
    this.#reserve(blockHeaderBytes);
    this.#block = this.#end;
    this.#end += blockHeaderBytes;
    this.#text(storeRecord, this.#store, 0);
  }

  /** Writes a record's tag and text, with room for `more` bytes behind it. */
  #text(tag: number, text: string, more: number): void {
    this.#reserve(recordHeadBytes + text.length * 3 + more);
    const buffer = this.#buffer;
    buffer[this.#end] = tag;
    const at = this.#end + 5;
    const utf8 = text.isWellFormed();
    const length = buffer.write(text, at, utf8 ? "utf8" : "utf16le");
    buffer.writeUInt32LE(length * 2 + (utf8 ? 0 : 1), this.#end + 1);
    this.#end = at + length;
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
  }
}

/**
 * Hands on every change of a payload, in order; `value` is undefined for a deletion and otherwise a view, valid during the
 * call. Throws a `RangeError` at a payload that is not as {@link BlockEncoder} writes it, which its checksum rules out.
 */
export function readPayload(
  payload: Buffer,
  onChange: (store: string, key: string, value: Uint8Array | undefined) => void,
): void {
  let at = 0;
  let store = "";
  while (at < payload.length) {
    const tag = payload[at];
    const head = payload.readUInt32LE(at + 1);
    const end = at + 5 + (head >>> 1);
    if (end > payload.length) throw new RangeError("a text runs past the end of its block");
    const text = payload.toString(head & 1 ? "utf16le" : "utf8", at + 5, end);
    at = end;
    if (tag === storeRecord) store = text;
    else if (tag === deleteRecord) onChange(store, text, undefined);
    else if (tag === putRecord) {
      const start = at + 4;
      at = start + payload.readUInt32LE(at);
      if (at > payload.length) throw new RangeError("a value runs past the end of its block");
      onChange(store, text, payload.subarray(start, at));
    } else throw new RangeError(`there is no record of kind ${tag}`);
  }
}
