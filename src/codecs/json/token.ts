import type { Block } from "./block.ts";
import { MINUS, QUOTE } from "./characters.ts";
import { isWhole, numberEnd, numberValue } from "./scalars.ts";
import { findSpecial, isPlainAscii } from "./strings.ts";

/** What a field's `read` returns for a value of another type. */
export const WRONG_TYPE: unique symbol = Symbol("wrong type");
/** What a field's `read` returns for a string that JSON does not allow. */
export const NOT_JSON: unique symbol = Symbol("not JSON");

/**
 * One picked value, as bytes. One object serves all values of a decoder. Numbers and literals were checked when their end
 * was found; strings are checked when they are read.
 */
export class Token {
  block: Block;
  /** Where the value starts and ends, quotes included. Of an array or object only the first byte is told. */
  start = 0;
  end = 0;

  constructor(block: Block) {
    this.block = block;
  }

  get isText(): boolean {
    return this.block.bytes[this.start] === QUOTE;
  }

  get isNumber(): boolean {
    const first = this.block.bytes[this.start]!;
    return first === MINUS || (first >= 0x30 && first <= 0x39);
  }

  /** `true`, `false`, or undefined for anything else. */
  get boolean(): boolean | undefined {
    const first = this.block.bytes[this.start];
    return first === 0x74 ? true : first === 0x66 ? false : undefined;
  }

  /** A number's value, as `JSON.parse` has it. */
  number(): number {
    return numberValue(this.block, this.start, this.end);
  }

  /** A string's value, as `JSON.parse` has it. */
  text(): string | typeof NOT_JSON {
    const { block, start, end } = this;
    if (isPlainAscii(block.view, start + 1, end - 1)) return block.ascii(start + 1, end - 1);
    if (findSpecial(block.bytes, block.view, start + 1, end - 1) !== end - 1) return parsedText(block, start, end);
    return block.isUtf8(start, end) ? block.utf8(start + 1, end - 1) : NOT_JSON;
  }

  /** The value of a string that reads as a number does in JSON, and nothing else; undefined for other strings. */
  textNumber(): number | undefined | typeof NOT_JSON {
    const { block, start, end } = this;
    if (numberEnd(block.bytes, start + 1) === end - 1) return numberValue(block, start + 1, end - 1);
    const text = this.text();
    if (text === NOT_JSON) return NOT_JSON;
    return textIsNumber.test(text) ? Number(text) : undefined;
  }

  /** A number as text: whole numbers by their digits, however many; others as JavaScript writes them. */
  numberText(): string {
    const { block, start, end } = this;
    if (!isWhole(block.bytes, start, end)) return String(this.number());
    const digits = block.ascii(start, end);
    return digits === "-0" ? "0" : digits;
  }
}

const textIsNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** The value of a string with escapes, quotes included in its bytes. Slow, and rare for what pipelines pick. */
export function parsedText(block: Block, start: number, end: number): string | typeof NOT_JSON {
  if (!block.isUtf8(start, end)) return NOT_JSON;
  try {
    return JSON.parse(block.utf8(start, end)) as string;
  } catch {
    return NOT_JSON;
  }
}
