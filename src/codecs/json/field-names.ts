import type { Block } from "./block.ts";
import { NOT_JSON, parsedText } from "./token.ts";

/** No field is meant. */
export const NO_FIELD = -1;
/** The key is not JSON. */
export const BAD_KEY = -2;

/** The names of the picked fields, to be found by a key's bytes. Most keys are told apart by their length alone. */
export class FieldNames {
  /** The names in UTF-8. */
  readonly bytes: readonly Uint8Array[];
  readonly #names: readonly string[];
  /** By length in bytes: the first field with a name of that length. */
  readonly #first: Int32Array;
  /** By field: the next one with a name of the same length. */
  readonly #next: Int32Array;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.bytes = names.map((name) => new TextEncoder().encode(name));
    this.#first = new Int32Array(1 + Math.max(...this.bytes.map((bytes) => bytes.length))).fill(NO_FIELD);
    this.#next = new Int32Array(names.length).fill(NO_FIELD);
    for (const [field, bytes] of this.bytes.entries()) {
      this.#next[field] = this.#first[bytes.length]!;
      this.#first[bytes.length] = field;
    }
  }

  /** The field whose name these bytes are (quotes left out, no escapes among them), or `NO_FIELD`. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length >= this.#first.length) return NO_FIELD;
    let field = this.#first[length]!;
    while (field !== NO_FIELD && !isSame(bytes, start, this.bytes[field]!)) field = this.#next[field]!;
    return field;
  }

  /**
   * The same for a key that holds escapes, the first at `backslash`: also `BAD_KEY`. A key that up to its first escape
   * may be a field is decoded, which is slow; others are not looked at further.
   */
  findEscaped(block: Block, start: number, backslash: number, end: number): number {
    const bytes = block.bytes;
    const unit = escapedUnit(bytes, backslash);
    if (!this.bytes.some((name) => mayGoOn(name, bytes, start, backslash, unit))) return NO_FIELD;
    const key = parsedText(block, start - 1, end + 1);
    return key === NOT_JSON ? BAD_KEY : this.#names.indexOf(key);
  }
}

/** Whether a name starts with these bytes and goes on with the character of this UTF-16 unit, as far as a byte tells. */
function mayGoOn(name: Uint8Array, bytes: Uint8Array, start: number, end: number, unit: number): boolean {
  const length = end - start;
  if (length >= name.length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== name[i]) return false;
  return unit < 0x80 ? name[length] === unit : name[length]! >= 0x80;
}

const shortEscapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The UTF-16 unit that an escape stands for; any number for what is no escape. A closing quote must follow. */
function escapedUnit(bytes: Uint8Array, backslash: number): number {
  const letter = String.fromCharCode(bytes[backslash + 1]!);
  if (letter !== "u") return (shortEscapes[letter] ?? letter).charCodeAt(0);
  return hexValue(bytes, backslash + 2);
}

function isSame(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** The value of four hexadecimal digits. */
function hexValue(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i]!;
    value = value * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
}
