import type { Decoder, Malformed } from "../../core/codec.ts";
import { Block } from "./block.ts";
import { afterSpace, BACKSLASH, CLOSE_OBJECT, COLON, COMMA, lastByte, OPEN_OBJECT, QUOTE } from "./characters.ts";
import { BAD_KEY, NO_FIELD } from "./field-names.ts";
import { notJson, type Picks } from "./picks.ts";
import { RecordScan } from "./record-scan.ts";
import { scalarEnd } from "./scalars.ts";
import { closingQuote, findSpecial } from "./strings.ts";

/**
 * Reads a record up to the last picked field and looks at nothing behind it. See `json.pick` for what that leaves
 * unchecked. The record's last byte that is no white space must be `}`: no loop over tokens runs past it, so none but
 * those over strings and containers asks where the record ends.
 *
 * Records that come in blocks are scanned by a {@link RecordScan} where it can: it does as the scan below does.
 */
export class OnDemandDecoder<T> implements Decoder<T> {
  readonly name: string;
  readonly #picks: Picks<T>;
  readonly #scan: RecordScan;
  #block = new Block(new Uint8Array(0));

  constructor(name: string, picks: Picks<T>) {
    this.name = name;
    this.#picks = picks;
    this.#scan = new RecordScan(picks);
  }

  /** Takes all records of a block at once. Bytes and bounds must stay as they are until the next call. */
  begin(bytes: Uint8Array, bounds: Int32Array, size: number): void {
    if (bytes !== this.#block.bytes) this.#block = new Block(bytes);
    this.#scan.begin(this.#block, bounds, size);
  }

  decode(bytes: Uint8Array, start: number, end: number): T | Malformed {
    if (bytes !== this.#block.bytes) this.#block = new Block(bytes);
    const picks = this.#picks;
    const row = this.#scan.find(bytes, start, end);
    if (row !== -1) {
      const { rows, block } = this.#scan;
      return rows[row] === 1 ? picks.make(block, rows, row + 1) : notJson;
    }
    const last = lastByte(bytes, start, end);
    if (last < start || bytes[last] !== CLOSE_OBJECT) return notJson;
    const first = afterSpace(bytes, start);
    if (bytes[first] !== OPEN_OBJECT) return notJson;
    picks.clear();
    return scan(this.#block, first + 1, last, picks) ? picks.make(this.#block) : notJson;
  }
}

/** Finds the first value of each picked field. False when what it read is not JSON. `last` is where the final `}` lies. */
function scan(block: Block, at: number, last: number, picks: Picks<unknown>): boolean {
  const { bytes, view } = block;
  const { names, places } = picks;
  let wanted = picks.count;
  at = afterSpace(bytes, at);
  if (bytes[at] === CLOSE_OBJECT) return at === last;
  for (;;) {
    if (bytes[at] !== QUOTE) return false;
    const key = at + 1;
    at = findSpecial(bytes, view, key, last);
    let field = NO_FIELD;
    if (bytes[at] === QUOTE) field = names.find(bytes, key, at);
    else {
      if (bytes[at] !== BACKSLASH) return false;
      const backslash = at;
      at = closingQuote(bytes, view, backslash, last);
      if (at === last || (field = names.findEscaped(block, key, backslash, at)) === BAD_KEY) return false;
    }
    at = afterSpace(bytes, at + 1);
    if (bytes[at] !== COLON) return false;
    const value = afterSpace(bytes, at + 1);
    at =
      bytes[value] === QUOTE ? closingQuote(bytes, view, value + 1, last) + 1 : unquotedEnd(bytes, view, value, last);
    if (at === -1 || at > last) return false;
    if (field !== NO_FIELD && places[2 * field] === -1) {
      places[2 * field] = value;
      places[2 * field + 1] = at;
      wanted--;
    }
    at = afterSpace(bytes, at);
    if (bytes[at] !== COMMA) return bytes[at] === CLOSE_OBJECT && at === last;
    if (wanted === 0) return true;
    at = afterSpace(bytes, at + 1);
  }
}

/** Where the value that starts at `at` and is no string ends, or -1 when it is none, or does not end before `last`. */
function unquotedEnd(bytes: Uint8Array, view: DataView, at: number, last: number): number {
  const isContainer = (bytes[at]! | 0x20) === OPEN_OBJECT; // `[` and `]` differ from `{` and `}` in this bit alone
  return isContainer ? containerEnd(bytes, view, at, last) : scalarEnd(bytes, at);
}

/** Where the array or object that starts at `at` ends, or -1. Brackets are counted, and not told from braces. */
function containerEnd(bytes: Uint8Array, view: DataView, at: number, last: number): number {
  let depth = 0;
  while (at < last) {
    const byte = bytes[at++]!;
    if (byte === QUOTE) {
      at = closingQuote(bytes, view, at, last) + 1;
      continue;
    }
    const kind = byte | 0x20;
    if (kind === OPEN_OBJECT) depth++;
    else if (kind === CLOSE_OBJECT && --depth === 0) return at;
  }
  return -1;
}
