import { MillraceError } from "../core/errors.ts";
import type { Framer, Frames, Framing } from "./framing.ts";

const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;

/** Where in a record the bytes so far end. */
const atFieldStart = 0;
const inPlainField = 1;
const inQuotedField = 2;
const afterQuote = 3;

/**
 * Lines as `lines` has them, but a line break inside a quoted field does not end the record (RFC 4180, section 2.6). A
 * quote opens a field only as its first byte, so that `5" disk` swallows nothing; one that never closes takes all that
 * follows into its record, which is then refused as too long, so prefer `lines` for files whose fields hold no line breaks.
 * Records without quotes cost two native searches each, those with quotes a look at every byte.
 */
export function csvFraming(options: { readonly separator?: string } = {}): Framing {
  const separator = separatorByte(options.separator ?? ",");
  return {
    name: "csv",
    headBytes: 0,
    tailBytesMax: 2,
    tooLong: "record too long",
    tail: "\n",
    open: () => new CsvFramer(separator),
  };
}

/** The byte of a CSV separator. Throws `ML1002` on anything but one ASCII character that CSV has no other use for. */
export function separatorByte(separator: string): number {
  const byte = separator.charCodeAt(0);
  if (separator.length === 1 && byte < 128 && byte !== quote && byte !== lineFeed && byte !== carriageReturn)
    return byte;
  throw new MillraceError("ML1002", {
    message: `${JSON.stringify(separator)} cannot separate CSV fields: give one ASCII character, such as "," or ";"`,
  });
}

class CsvFramer implements Framer {
  readonly #separator: number;
  #state = atFieldStart;

  constructor(separator: number) {
    this.#separator = separator;
  }

  split(bytes: Buffer, start: number, from: number, frames: Frames, framesMax: number): number {
    let begin = start;
    let at = from;
    let nextQuote = -1;
    while (frames.size < framesMax) {
      let end = -1;
      if (this.#state === atFieldStart) {
        end = bytes.indexOf(lineFeed, at);
        if (nextQuote < at) nextQuote = find(bytes, quote, at);
      }
      if (end === -1 || nextQuote < end) end = this.#walk(bytes, at);
      if (end === -1) break;
      frames.bounds[2 * frames.size] = begin;
      frames.bounds[2 * frames.size + 1] = end > begin && bytes[end - 1] === carriageReturn ? end - 1 : end;
      frames.size++;
      begin = at = end + 1;
    }
    return begin;
  }

  /** The place of the line feed that ends the record, or -1 with the state after the last byte kept for the next call. */
  #walk(bytes: Buffer, from: number): number {
    const separator = this.#separator;
    let state = this.#state;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (state === inQuotedField) {
        if (byte === quote) state = afterQuote;
      } else if (byte === lineFeed) {
        this.#state = atFieldStart;
        return at;
      } else if (byte === separator) state = atFieldStart;
      else if (byte === quote && state !== inPlainField) state = inQuotedField;
      else state = inPlainField;
    }
    this.#state = state;
    return -1;
  }
}

function find(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? bytes.length : at;
}
