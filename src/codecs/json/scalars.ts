import type { Block } from "./block.ts";
import { MINUS } from "./characters.ts";

const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;
const PLUS = 0x2b;
const LOWER_E = 0x65;

/** Digits that a double holds whatever they are. */
const EXACT_DIGITS = 15;

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function digitsEnd(bytes: Uint8Array, at: number): number {
  while (isDigit(bytes[at]!)) at++;
  return at;
}

/**
 * Where the number that starts at `at` ends, or -1 when there is none as JSON writes it. A byte that belongs to no
 * number must follow somewhere, as a closing bracket or quote does.
 */
export function numberEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] === MINUS) at++;
  if (!isDigit(bytes[at]!)) return -1;
  at = bytes[at] === ZERO ? at + 1 : digitsEnd(bytes, at);
  if (bytes[at] === DOT) {
    if (!isDigit(bytes[at + 1]!)) return -1;
    at = digitsEnd(bytes, at + 1);
  }
  if ((bytes[at]! | 0x20) === LOWER_E) {
    at++;
    if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
    if (!isDigit(bytes[at]!)) return -1;
    at = digitsEnd(bytes, at);
  }
  return at;
}

/** Whether bytes known to be a number are digits alone, with or without a minus. */
export function isWhole(bytes: Uint8Array, start: number, end: number): boolean {
  return digitsEnd(bytes, bytes[start] === MINUS ? start + 1 : start) === end;
}

/** The value of bytes known to be a number, as `JSON.parse` has it. */
export function numberValue(block: Block, start: number, end: number): number {
  const bytes = block.bytes;
  const negative = bytes[start] === MINUS;
  let at = negative ? start + 1 : start;
  if (end - at > EXACT_DIGITS) return Number(block.ascii(start, end));
  let value = 0;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (!isDigit(byte)) return Number(block.ascii(start, end));
    value = value * 10 + (byte - ZERO);
  }
  return negative ? -value : value;
}

/** Whether the bytes at `at` are these; stops at the first that is not. */
function isWord(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

const TRUE = Uint8Array.of(0x74, 0x72, 0x75, 0x65);
const FALSE = Uint8Array.of(0x66, 0x61, 0x6c, 0x73, 0x65);
const NULL = Uint8Array.of(0x6e, 0x75, 0x6c, 0x6c);

/**
 * Where the number, `true`, `false` or `null` that starts at `at` ends, or -1 when there is none. A closing bracket must
 * follow somewhere: no byte behind it is read.
 */
export function scalarEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case 0x74:
      return isWord(bytes, at, TRUE) ? at + 4 : -1;
    case 0x66:
      return isWord(bytes, at, FALSE) ? at + 5 : -1;
    case 0x6e:
      return isWord(bytes, at, NULL) ? at + 4 : -1;
    default:
      return numberEnd(bytes, at);
  }
}
