// The scan of on-demand.ts once more, in AssemblyScript, for WebAssembly's 16-byte vectors: see scan-kernel.ts. It follows that
// file line by line, and must take and refuse the same bytes. Compiled by `node tools/scan-kernel.ts`.
//
// What it gains: the end of a string is found 64 bytes at a time, in straight-line code. A loop over words of 4 bytes ends
// after a number of turns that no branch predictor can guess, about three times a field, and that is most of its cost.
//
// Memory, in bytes: by field, where its value starts (0) and ends (64), how long its name is (128), and the name itself, 16
// bytes each (256); from 1024 on the block that records lie in, with 64 bytes behind it that may be read and mean nothing.
// Loops that look for something look a vector at a time and may find it behind `last`: whoever calls them compares.

const STARTS: usize = 0;
const ENDS: usize = 64;
const LENGTHS: usize = 128;
const NAMES: usize = 256;

const QUOTE: u8 = 0x22;
const PLUS: u8 = 0x2b;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const COLON: u8 = 0x3a;
const BACKSLASH: u8 = 0x5c;
const LOWER_E: u8 = 0x65;
const OPEN_OBJECT: u8 = 0x7b;
const CLOSE_OBJECT: u8 = 0x7d;

const NO_FIELD: i32 = -1;
/** The key is still to be read. */
const UNREAD: i32 = -2;

const NOT_JSON: i32 = 0;
const DONE: i32 = 1;
/** A key with escapes that may be a field's: its place is told, and `resume` goes on once it is known which. */
const ESCAPED_KEY: i32 = 2;

let fields: i32 = 0;
let wanted: i32 = 0;
let recordLast: usize = 0;
export let keyStart: usize = 0;
export let keyBackslash: usize = 0;
export let keyEnd: usize = 0;

/** How many fields are picked, at most 16. Their names must be in memory. */
export function setFields(count: i32): void {
  fields = count;
}

/** Scans the record whose first byte behind the opening brace is at `at`, and whose final brace is at `last`. */
export function scan(at: usize, last: usize): i32 {
  for (let field = 0; field < fields; field++) store<i32>(STARTS + (field << 2), -1);
  wanted = fields;
  recordLast = last;
  at = afterSpace(at);
  return at == last ? DONE : members(at, last, UNREAD);
}

/** Goes on behind the key at which the scan stopped, which is this field's, or `NO_FIELD`. */
export function resume(field: i32): i32 {
  return members(keyEnd, recordLast, field);
}

/** Reads members: from a key's first quote on, or from its last one if it is known which field it is. */
function members(at: usize, last: usize, field: i32): i32 {
  while (true) {
    if (field == UNREAD) {
      if (load<u8>(at) != QUOTE) return NOT_JSON;
      const key = at + 1;
      at = findSpecial(key, last);
      if (at >= last) return NOT_JSON;
      if (load<u8>(at) == QUOTE) field = fieldOf(key, <i32>(at - key));
      else {
        if (load<u8>(at) != BACKSLASH) return NOT_JSON;
        const backslash = at;
        at = closingQuote(backslash, last);
        if (at >= last) return NOT_JSON;
        if (mayBeField(key, <i32>(backslash - key))) {
          keyStart = key;
          keyBackslash = backslash;
          keyEnd = at;
          return ESCAPED_KEY;
        }
        field = NO_FIELD;
      }
    }
    at = afterSpace(at + 1);
    if (load<u8>(at) != COLON) return NOT_JSON;
    const value = afterSpace(at + 1);
    at = load<u8>(value) == QUOTE ? closingQuote(value + 1, last) + 1 : unquotedEnd(value, last);
    if (at == 0 || at > last) return NOT_JSON;
    if (field != NO_FIELD && load<i32>(STARTS + (field << 2)) == -1) {
      store<i32>(STARTS + (field << 2), <i32>value);
      store<i32>(ENDS + (field << 2), <i32>at);
      wanted--;
    }
    at = afterSpace(at);
    if (load<u8>(at) != COMMA) return at == last ? DONE : NOT_JSON;
    if (wanted == 0) return DONE;
    at = afterSpace(at + 1);
    field = UNREAD;
  }
}

/** The field of that name, which has no escapes. */
function fieldOf(key: usize, length: i32): i32 {
  for (let field = 0; field < fields; field++) {
    if (load<i32>(LENGTHS + (field << 2)) == length && startsAlike(key, field, length)) return field;
  }
  return NO_FIELD;
}

/** Whether a name goes on behind these bytes. */
function mayBeField(key: usize, length: i32): bool {
  for (let field = 0; field < fields; field++) {
    if (load<i32>(LENGTHS + (field << 2)) > length && startsAlike(key, field, length)) return true;
  }
  return false;
}

/** Whether up to 16 bytes are those of the name. */
function startsAlike(key: usize, field: i32, length: i32): bool {
  const same = i8x16.bitmask(i8x16.eq(v128.load(key), v128.load(NAMES + (field << 4))));
  return (same | (-1 << length)) == -1;
}

function isSpace(byte: u8): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

function afterSpace(at: usize): usize {
  if (load<u8>(at) > 0x20) return at;
  while (isSpace(load<u8>(at))) at++;
  return at;
}

/** The first quote, backslash or control character; or some place at or behind `last`. */
function findSpecial(at: usize, last: usize): usize {
  while (at < last) {
    const bytes = v128.load(at);
    const text = v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH)));
    const hits = i8x16.bitmask(v128.or(text, i8x16.lt_u(bytes, i8x16.splat(0x20))));
    if (hits != 0) return at + <usize>ctz(hits);
    at += 16;
  }
  return last;
}

/** A bit for each of 64 bytes: whether it is a quote. */
function quotesAt(at: usize): u64 {
  const quote = i8x16.splat(QUOTE);
  return (
    <u64>i8x16.bitmask(i8x16.eq(v128.load(at), quote)) |
    (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 16), quote)) << 16) |
    (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 32), quote)) << 32) |
    (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 48), quote)) << 48)
  );
}

/** The first quote without an odd number of backslashes before it; or some place at or behind `last`. */
function closingQuote(at: usize, last: usize): usize {
  while (at < last) {
    for (let quotes = quotesAt(at); quotes != 0; quotes &= quotes - 1) {
      const quote = at + <usize>ctz(quotes);
      if (load<u8>(quote - 1) != BACKSLASH) return quote;
      let run = quote - 1;
      while (load<u8>(run - 1) == BACKSLASH) run--;
      if (((quote - run) & 1) == 0) return quote;
    }
    at += 64;
  }
  return last;
}

/** Where a value that is no string ends; 0 when it is none. */
function unquotedEnd(at: usize, last: usize): usize {
  return (load<u8>(at) | 0x20) == OPEN_OBJECT ? containerEnd(at, last) : scalarEnd(at);
}

function containerEnd(at: usize, last: usize): usize {
  let depth = 0;
  while (at < last) {
    const bytes = v128.load(at);
    const kinds = v128.or(bytes, i8x16.splat(0x20));
    const brackets = v128.or(i8x16.eq(kinds, i8x16.splat(OPEN_OBJECT)), i8x16.eq(kinds, i8x16.splat(CLOSE_OBJECT)));
    const hits = i8x16.bitmask(v128.or(brackets, i8x16.eq(bytes, i8x16.splat(QUOTE))));
    if (hits == 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(hits);
    if (at >= last) return 0;
    const byte: u8 = load<u8>(at++);
    if (byte == QUOTE) at = closingQuote(at, last) + 1;
    else if ((byte | 0x20) == OPEN_OBJECT) depth++;
    else if (--depth == 0) return at;
  }
  return 0;
}

/** Where a number, `true`, `false` or `null` ends; 0 when it is none. */
function scalarEnd(at: usize): usize {
  const word = load<u32>(at);
  if (word == 0x65757274 || word == 0x6c6c756e) return at + 4; // "true", "null", the first letter lowest
  if (word == 0x736c6166) return load<u8>(at, 4) == LOWER_E ? at + 5 : 0; // "fals"
  return numberEnd(at);
}

function isDigit(byte: u8): bool {
  return byte - ZERO < 10;
}

function digitsEnd(at: usize): usize {
  while (isDigit(load<u8>(at))) at++;
  return at;
}

function numberEnd(at: usize): usize {
  if (load<u8>(at) == MINUS) at++;
  if (!isDigit(load<u8>(at))) return 0;
  at = load<u8>(at) == ZERO ? at + 1 : digitsEnd(at);
  if (load<u8>(at) == DOT) {
    if (!isDigit(load<u8>(at, 1))) return 0;
    at = digitsEnd(at + 1);
  }
  if ((load<u8>(at) | 0x20) == LOWER_E) {
    at++;
    if (load<u8>(at) == PLUS || load<u8>(at) == MINUS) at++;
    if (!isDigit(load<u8>(at))) return 0;
    at = digitsEnd(at);
  }
  return at;
}
