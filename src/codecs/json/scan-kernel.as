// The scan of on-demand.ts once more, in AssemblyScript, for WebAssembly's 16-byte vectors: see scan-kernel.ts. It follows that
// file line by line, and must take and refuse the same bytes. Compiled by `node tools/scan-kernel.ts`.
//
// What it gains: the end of a string is found 64 bytes at a time, in straight-line code. A loop over words of 4 bytes ends
// after a number of turns that no branch predictor can guess, about three times a field, and that is most of its cost. And
// it scans many records in one call.
//
// Its tables lie where `setUp` was told, in bytes: where an escaped key lies (0), by field how long its name is (16) and the
// name itself, 16 bytes each (128); where the records to scan begin and end (512); and a row for each record, from 1024 on:
// whether it is sound, and by field where its value starts, or -1, and ends. Places are told and given less `moved`.
// Up to 64 bytes behind a record may be read and mean nothing.
// Loops that look for something look a vector at a time and may find it behind `last`: whoever calls them compares.

const LENGTHS: usize = 16;
const NAMES: usize = 128;
const BOUNDS: usize = 512;
const ROWS: usize = 1024;

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

let tables: usize = 0;
let fields: i32 = 0;
/** A bit for each length, modulo 64, that the name of a field has. */
let lengths: u64 = 0;
let moved: usize = 0;
/** The record at hand: its bounds, its row, its final brace, where its escaped key ends, and how many fields it still lacks. */
let bound: usize = 0;
let boundsEnd: usize = 0;
let row: usize = 0;
let recordLast: usize = 0;
let keyEnd: usize = 0;
let wanted: i32 = 0;

/** Where the tables lie, and how many fields are picked, at most 16. Their names must be in the tables. */
export function setUp(address: usize, count: i32): void {
  tables = address;
  fields = count;
  lengths = 0;
  for (let field = 0; field < count; field++) lengths |= <u64>1 << <u64>lengthOf(field);
}

/** Scans as many records of the table, which lie `distance` bytes further on than it says. */
export function scan(count: i32, distance: usize): i32 {
  bound = tables + BOUNDS;
  boundsEnd = bound + (<usize>count << 3);
  row = tables + ROWS;
  moved = distance;
  return records();
}

/** Goes on behind the key at which the scan stopped, which is this field's, or `NO_FIELD`; or is none (`UNREAD`). */
export function resume(field: i32): i32 {
  return ended(field == UNREAD ? NOT_JSON : members(keyEnd, recordLast, field)) ? records() : ESCAPED_KEY;
}

function records(): i32 {
  while (bound < boundsEnd) {
    if (!ended(record(load<u32>(bound) + moved, load<u32>(bound, 4) + moved))) return ESCAPED_KEY;
  }
  return DONE;
}

/** Notes how a record ended, and goes on to the next; false when it has not ended yet. */
function ended(code: i32): bool {
  if (code == ESCAPED_KEY) return false;
  store<i32>(row, code);
  row += (1 + 2 * fields) << 2;
  bound += 8;
  return true;
}

function record(start: usize, end: usize): i32 {
  let last = end;
  while (last > start && isSpace(load<u8>(last - 1))) last--;
  if (last == start || load<u8>(--last) != CLOSE_OBJECT) return NOT_JSON;
  let at = afterSpace(start);
  if (load<u8>(at) != OPEN_OBJECT) return NOT_JSON;
  for (let field = 0; field < fields; field++) store<i32>(row + (field << 3), -1, 4);
  wanted = fields;
  recordLast = last;
  at = afterSpace(at + 1);
  if (load<u8>(at) == CLOSE_OBJECT) return at == last ? DONE : NOT_JSON;
  return members(at, last, UNREAD);
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
          keyEnd = at;
          store<u32>(tables, key - moved);
          store<u32>(tables, backslash - moved, 4);
          store<u32>(tables, at - moved, 8);
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
    if (field != NO_FIELD && load<i32>(row + (field << 3), 4) == -1) {
      store<u32>(row + (field << 3), value - moved, 4);
      store<u32>(row + (field << 3), at - moved, 8);
      wanted--;
    }
    at = afterSpace(at);
    if (load<u8>(at) != COMMA) return at == last ? DONE : NOT_JSON;
    if (wanted == 0) return DONE;
    at = afterSpace(at + 1);
    field = UNREAD;
  }
}

function lengthOf(field: i32): i32 {
  return load<i32>(tables + (field << 2), LENGTHS);
}

/** The field of that name, which has no escapes. */
function fieldOf(key: usize, length: i32): i32 {
  if (((lengths >> <u64>length) & 1) == 0) return NO_FIELD;
  for (let field = 0; field < fields; field++) {
    if (lengthOf(field) == length && startsAlike(key, field, length)) return field;
  }
  return NO_FIELD;
}

/** Whether a name goes on behind these bytes. */
function mayBeField(key: usize, length: i32): bool {
  for (let field = 0; field < fields; field++) {
    if (lengthOf(field) > length && startsAlike(key, field, length)) return true;
  }
  return false;
}

/** Whether up to 16 bytes are those of the name. */
function startsAlike(key: usize, field: i32, length: i32): bool {
  const same = i8x16.bitmask(i8x16.eq(v128.load(key), v128.load(tables + (field << 4), NAMES)));
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
