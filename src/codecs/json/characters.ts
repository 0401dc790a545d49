/** The bytes that JSON gives a meaning. */
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const MINUS = 0x2d;

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;

/** Whether a byte is white space between JSON's tokens. */
export function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

/** The first byte at or after `at` that is no white space; there must be one. One comparison where there is none to skip. */
export function afterSpace(bytes: Uint8Array, at: number): number {
  if (bytes[at]! > SPACE) return at;
  while (isSpace(bytes[at]!)) at++;
  return at;
}

/** The last byte before `end` that is no white space, or `start - 1` when there is none. */
export function lastByte(bytes: Uint8Array, start: number, end: number): number {
  let last = end - 1;
  while (last >= start && isSpace(bytes[last]!)) last--;
  return last;
}
