import { BACKSLASH, QUOTE } from "./characters.ts";

// Four bytes are tested at a time, in one 32-bit word ("SWAR"): `(x - 0x01010101) & ~x & 0x80808080` has the high bit
// set in the lowest byte of `x` that is zero, and in none below it. What it says of the bytes above that one may be
// wrong, so only the lowest is used. Source: H. S. Warren, Hacker's Delight, 6-1. Words are read through a DataView,
// which is told the byte order and needs no alignment; never a byte at or behind `end` is read.

const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;
const ONES = 0x01010101;
const SPACES = 0x20202020;
const HIGH_BITS = 0x80808080;
/** The upper three bytes of a word, filled with letters, to test the lowest alone. */
const LETTERS = 0x61616100;

/** Which byte of a word, counted from the lowest address, has the lowest set bit. */
function lowestByte(hits: number): number {
  return (31 - Math.clz32(hits & -hits)) >> 3;
}

/** Where the first quote at or after `at` is; `end` when there is none. */
function findQuote(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  const wordsEnd = end - 3;
  while (at < wordsEnd) {
    const x = view.getInt32(at, true) ^ QUOTES;
    const hits = (x - ONES) & ~x & HIGH_BITS;
    if (hits !== 0) return at + lowestByte(hits);
    at += 4;
  }
  while (at < end && bytes[at] !== QUOTE) at++;
  return at;
}

/**
 * Where the closing quote is of a string whose first byte (behind the opening quote) is at `at`; `end` when it has none.
 * Looks at nothing but quotes, and at the backslashes in front of them.
 */
export function closingQuote(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  for (;;) {
    const quote = findQuote(bytes, view, at, end);
    if (quote === end || bytes[quote - 1] !== BACKSLASH) return quote;
    let run = quote - 1;
    while (bytes[run - 1] === BACKSLASH) run--;
    if (((quote - run) & 1) === 0) return quote;
    at = quote + 1;
  }
}

/** For each byte behind a backslash: how many bytes the escape takes in all, or 0 if there is no such escape. */
const escapeBytes = new Uint8Array(256);
for (const char of '"\\/bfnrt') escapeBytes[char.charCodeAt(0)] = 2;
escapeBytes["u".charCodeAt(0)] = 6;

/** Where the first quote, backslash or control character at or after `at` is; `end` when there is none. */
export function findSpecial(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  const wordsEnd = end - 3;
  while (at < wordsEnd) {
    const x = view.getInt32(at, true);
    const hits = (((x ^ QUOTES) - ONES) | ((x ^ BACKSLASHES) - ONES) | (x - SPACES)) & ~x & HIGH_BITS;
    if (hits !== 0) return at + lowestByte(hits);
    at += 4;
  }
  while (at < end && bytes[at]! >= 0x20 && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
  return at;
}

/** Whether the bytes are a string's text as they are: ASCII without quotes, backslashes and control characters. */
export function isPlainAscii(view: DataView, start: number, end: number): boolean {
  let hits = 0;
  let at = start;
  for (; at < end - 3; at += 4) hits |= notPlain(view.getInt32(at, true));
  for (; at < end; at++) hits |= notPlain(view.getUint8(at) | LETTERS);
  return (hits & HIGH_BITS) === 0;
}

function notPlain(word: number): number {
  return ((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES) | (word - SPACES) | word;
}

/**
 * Where the closing quote is of a string whose first byte is at `at`, or -1 when it has none before `end`, or holds an
 * escape or a control character that JSON does not allow. UTF-8 is not looked at.
 */
export function checkedClosingQuote(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  for (;;) {
    at = findSpecial(bytes, view, at, end);
    if (at >= end) return -1;
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte !== BACKSLASH) return -1;
    const taken = at + 1 < end ? escapeBytes[bytes[at + 1]!]! : 0;
    if (taken === 0 || (taken === 6 && !isHex4(bytes, at + 2, end))) return -1;
    at += taken;
  }
}

function isHex4(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 4 > end) return false;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i]!;
    const letter = byte | 0x20;
    if (!((byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x66))) return false;
  }
  return true;
}
