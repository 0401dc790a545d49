import { Malformed } from "../core/codec.ts";

const quote = 34;
const unclosed = new Malformed("a quote is not closed");
const afterClosed = new Malformed("text after a closing quote");
const inPlain = new Malformed("a quote within a field without quotes");

/** One field of a CSV record, read in place; its content is copied only when it holds doubled quotes. */
export class CsvField {
  /** Where the content lies, its quotes taken off. Valid until the next {@link read}. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  quoted = false;
  /** Where the next field begins; beyond the record's end when there is none. */
  next = 0;

  readonly #separator: number;
  #scratch: Buffer = Buffer.alloc(0);

  constructor(separator: number) {
    this.#separator = separator;
  }

  /** Reads the field that begins at `start` of a record that ends at `end`; returns what is wrong with it, if anything. */
  read(bytes: Buffer, start: number, end: number): Malformed | undefined {
    this.bytes = bytes;
    this.quoted = start < end && bytes[start] === quote;
    return this.quoted ? this.#readQuoted(bytes, start + 1, end) : this.#readPlain(bytes, start, end);
  }

  #readPlain(bytes: Buffer, start: number, end: number): Malformed | undefined {
    const separator = this.#separator;
    let at = start;
    for (; at < end && bytes[at] !== separator; at++) if (bytes[at] === quote) return inPlain;
    this.start = start;
    this.end = at;
    this.next = at + 1;
    return undefined;
  }

  #readQuoted(bytes: Buffer, start: number, end: number): Malformed | undefined {
    let doubled = 0;
    let at = start;
    for (; at < end; at++) {
      if (bytes[at] !== quote) continue;
      if (at + 1 >= end || bytes[at + 1] !== quote) break;
      doubled++;
      at++;
    }
    if (at >= end) return unclosed;
    if (at + 1 < end && bytes[at + 1] !== this.#separator) return afterClosed;
    this.start = start;
    this.end = at;
    this.next = at + 2;
    if (doubled > 0) this.#undouble(doubled);
    return undefined;
  }

  #undouble(doubled: number): void {
    const length = this.end - this.start - doubled;
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafe(2 * length);
    let to = 0;
    for (let at = this.start; at < this.end; at++) {
      this.#scratch[to++] = this.bytes[at]!;
      if (this.bytes[at] === quote) at++;
    }
    this.bytes = this.#scratch;
    this.start = 0;
    this.end = length;
  }
}
