import type { Decoder, Malformed } from "../../core/codec.ts";
import { Block } from "./block.ts";
import {
  afterSpace,
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  lastByte,
  OPEN_OBJECT,
  QUOTE,
} from "./characters.ts";
import { NO_FIELD } from "./field-names.ts";
import { NestingStack } from "./nesting-stack.ts";
import { notJson, type Picks } from "./picks.ts";
import { scalarEnd } from "./scalars.ts";
import { checkedClosingQuote } from "./strings.ts";

/**
 * Takes and refuses exactly the objects that `JSON.parse` takes and refuses, UTF-8 included, by the grammar of RFC 8259.
 * Nothing is built but the picked values, and nesting costs a bit a level, no stack frame.
 */
export class StrictDecoder<T> implements Decoder<T> {
  readonly name: string;
  readonly #picks: Picks<T>;
  readonly #nesting = new NestingStack();
  #block = new Block(new Uint8Array(0));
  /** The run of bytes that `begin` found to be UTF-8 as a whole. */
  #checkedStart = 0;
  #checkedEnd = 0;

  constructor(name: string, picks: Picks<T>) {
    this.name = name;
    this.#picks = picks;
  }

  /** Checks UTF-8 for all records at once, which spares a call a record. The bytes must stay as they are until the next call. */
  begin(bytes: Uint8Array, bounds: Int32Array, size: number): void {
    this.#use(bytes);
    const start = bounds[0]!;
    const end = bounds[2 * size - 1]!;
    this.#checkedStart = start;
    this.#checkedEnd = this.#block.isUtf8(start, end) ? end : start;
  }

  decode(bytes: Uint8Array, start: number, end: number): T | Malformed {
    this.#use(bytes);
    const last = lastByte(bytes, start, end);
    if (last < start || bytes[last] !== CLOSE_OBJECT) return notJson;
    const first = afterSpace(bytes, start);
    if (bytes[first] !== OPEN_OBJECT || !this.#isUtf8(first, last + 1)) return notJson;
    this.#picks.clear();
    this.#nesting.clear();
    const sound = scan(this.#block, first + 1, last, this.#picks, this.#nesting);
    return sound ? this.#picks.make(this.#block) : notJson;
  }

  #use(bytes: Uint8Array): void {
    if (bytes === this.#block.bytes) return;
    this.#block = new Block(bytes);
    this.#checkedStart = this.#checkedEnd = 0;
  }

  /** A run that starts and ends with an ASCII byte, within one that is UTF-8, is UTF-8: it cuts no character. */
  #isUtf8(start: number, end: number): boolean {
    return (start >= this.#checkedStart && end <= this.#checkedEnd) || this.#block.isUtf8(start, end);
  }
}

/** Finds the last value of each picked field. False when the record is not JSON. `last` is where the final `}` lies. */
function scan(block: Block, at: number, last: number, picks: Picks<unknown>, nesting: NestingStack): boolean {
  const { bytes, view } = block;
  let inObject = true;
  let field = NO_FIELD;
  at = afterSpace(bytes, at);
  let isEmpty = bytes[at] === CLOSE_OBJECT;
  for (;;) {
    if (!isEmpty) {
      if (inObject) {
        const key = at + 1;
        at = keyEnd(bytes, view, at, last);
        if (at === -1) return false;
        if (nesting.depth === 0) field = fieldOf(block, key, at, picks);
        at = afterSpace(bytes, at + 1);
        if (bytes[at] !== COLON) return false;
        at = afterSpace(bytes, at + 1);
      }
      const value = at;
      const first = bytes[at]!;
      const opens = (first | 0x20) === OPEN_OBJECT; // `[` differs from `{` in this bit alone
      at = opens ? at + 1 : leafEnd(bytes, view, at, last);
      if (at === -1) return false;
      if (field !== NO_FIELD) {
        picks.places[2 * field] = value;
        picks.places[2 * field + 1] = at;
        field = NO_FIELD;
      }
      at = afterSpace(bytes, at);
      if (opens) {
        nesting.push(inObject);
        inObject = first === OPEN_OBJECT;
        isEmpty = bytes[at] === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY);
        continue;
      }
    }
    isEmpty = false;
    while (bytes[at] !== COMMA) {
      if (bytes[at] !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return false;
      if (nesting.depth === 0 || at === last) return nesting.depth === 0 && at === last;
      inObject = nesting.pop();
      at = afterSpace(bytes, at + 1);
    }
    at = afterSpace(bytes, at + 1);
  }
}

/** The closing quote of the key whose opening quote is at `at`, or -1 when there is none. */
function keyEnd(bytes: Uint8Array, view: DataView, at: number, last: number): number {
  return bytes[at] === QUOTE ? checkedClosingQuote(bytes, view, at + 1, last) : -1;
}

/** The picked field that a sound key means, or `NO_FIELD`. */
function fieldOf(block: Block, key: number, quote: number, picks: Picks<unknown>): number {
  const bytes = block.bytes;
  let at = key;
  while (at < quote && bytes[at] !== BACKSLASH) at++;
  return at === quote ? picks.names.find(bytes, key, quote) : picks.names.findEscaped(block, key, at, quote);
}

/** Where a string, number or literal ends, or -1 when it is none. */
function leafEnd(bytes: Uint8Array, view: DataView, at: number, last: number): number {
  if (bytes[at] !== QUOTE) return scalarEnd(bytes, at);
  const quote = checkedClosingQuote(bytes, view, at + 1, last);
  return quote === -1 ? -1 : quote + 1;
}
