import { Malformed } from "../core/codec.ts";

/** A column's values: between the bytes of a field, its quotes taken off, and `T`. */
export interface CsvColumn<T> {
  /** With its article, for the reason of a refused record: `"an integer"`. */
  readonly kind: string;
  /** An empty field without quotes is `undefined`, and `decode` and `encode` never see it. */
  readonly optional?: boolean;
  /** Returns {@link Malformed} for a field it cannot take. */
  decode(bytes: Buffer, start: number, end: number): T | Malformed;
  /** The field's text, without quotes. Throws at a value that would not come back. */
  encode(value: T): string;
}

const refused = new Malformed("not of the column's kind");
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const numberBytesMax = 64;

/** Integers from -(2^53 - 1) to 2^53 - 1, read from the bytes without making a string. */
export const intColumn: CsvColumn<number> = {
  kind: "an integer",
  decode: (bytes, start, end) => {
    const negative = bytes[start] === 45;
    const first = negative ? start + 1 : start;
    if (first >= end) return refused;
    let value = 0;
    for (let at = first; at < end; at++) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) return refused;
      value = value * 10 + digit;
      if (value > Number.MAX_SAFE_INTEGER) return refused;
    }
    return negative && value !== 0 ? -value : value;
  },
  encode: (value) => {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${String(value)} is not an integer that a field can hold`);
    return String(value);
  },
};

/** Finite numbers in decimal notation. */
export const numberColumn: CsvColumn<number> = {
  kind: "a number",
  decode: (bytes, start, end) => {
    if (end - start > numberBytesMax) return refused;
    const text = bytes.toString("latin1", start, end);
    const value = decimal.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(value) ? value : refused;
  },
  encode: (value) => {
    if (!Number.isFinite(value)) throw new TypeError(`${String(value)} is not a number that a field can hold`);
    return Object.is(value, -0) ? "-0" : String(value);
  },
};

/** Text, UTF-8; what is not UTF-8 becomes U+FFFD. */
export const textColumn: CsvColumn<string> = {
  kind: "text",
  decode: (bytes, start, end) => bytes.toString("utf8", start, end),
  encode: (value) => value,
};

/** `true` and `false`. */
export const booleanColumn: CsvColumn<boolean> = {
  kind: "true or false",
  decode: (bytes, start, end) => {
    if (end - start > 5) return refused;
    const text = bytes.toString("latin1", start, end);
    return text === "true" ? true : text === "false" ? false : refused;
  },
  encode: (value) => String(value),
};

/** A column that may be empty: nothing at all between the separators is `undefined`, and `""` is not. */
export function optionalColumn<T>(column: CsvColumn<T>): CsvColumn<T | undefined> {
  return { ...(column as CsvColumn<T | undefined>), optional: true };
}
