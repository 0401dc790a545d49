// The scan of on-demand.ts once more, in AssemblyScript, for WebAssembly's 16-byte vectors: see scan-kernel.ts. It follows that
// file line by line, and must take and refuse the same bytes. Compiled by `node tools/scan-kernel.ts`.
//
// What it gains: the end of a string is found 64 bytes at a time, in straight-line code. A loop over words of 4 bytes ends
// after a number of turns that no branch predictor can guess, about three times a field, and that is most of its cost. And
// it scans many records in one call.
//
// Its tables lie where `setUp` was told, in bytes: where an escaped key lies (0), by field how long its name is (16) and the
// name itself, 16 bytes each (128); words that are not its own (384); an escaped key's text (416); where the records to scan
// begin and end (512); a row for each record, from 1024 on: whether it is sound, and by field where its value starts, or -1, and
// ends; and behind the rows, copies of short values, each with the byte behind it, for as many as there is room. What reads the
// values later, perhaps in another processor's cache, finds them close together there. Bounds are told less `moved`; places are
// given as they are.
// Up to 64 bytes behind a record may be read and mean nothing.
// Loops that look for something look a vector at a time and may find it behind `last`: whoever calls them compares.

const LENGTHS: usize = 16;
const NAMES: usize = 128;
const KEY: usize = 416;
const BOUNDS: usize = 512;
const ROWS: usize = 1024;
const ROWS_MAX: usize = 64;
const COPIES_BYTES: usize = 4096;
/** A copy takes two vectors, and has one byte more than the value. */
const COPY_BYTES: usize = 32;

const QUOTE: u8 = 0x22;
const PLUS: u8 = 0x2b;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const SLASH: u8 = 0x2f;
const ZERO: u8 = 0x30;
const COLON: u8 = 0x3a;
const BACKSLASH: u8 = 0x5c;
const LOWER_B: u8 = 0x62;
const LOWER_E: u8 = 0x65;
const LOWER_F: u8 = 0x66;
const LOWER_N: u8 = 0x6e;
const LOWER_R: u8 = 0x72;
const LOWER_T: u8 = 0x74;
const LOWER_U: u8 = 0x75;
const OPEN_OBJECT: u8 = 0x7b;
const CLOSE_OBJECT: u8 = 0x7d;

const NO_FIELD: i32 = -1;
/** The key is still to be read. */
const UNREAD: i32 = -2;

const NOT_JSON: i32 = 0;
const DONE: i32 = 1;
/** A key with escapes that may be a field's and is not plain: its place is told, and `resume` goes on once it is known which. */
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
/** Where the next copy goes, and behind which none may start. */
let copied: usize = 0;
let copiedLast: usize = 0;

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
  copied = row + ROWS_MAX * rowBytes();
  copiedLast = copied + COPIES_BYTES - COPY_BYTES;
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
  row += rowBytes();
  bound += 8;
  return true;
}

function rowBytes(): usize {
  return <usize>(1 + 2 * fields) << 2;
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
        if (mayBeField(key, backslash)) {
          field = plainFieldOf(key, at);
          if (field == UNREAD) {
            keyEnd = at;
            store<u32>(tables, key);
            store<u32>(tables, backslash, 4);
            store<u32>(tables, at, 8);
            return ESCAPED_KEY;
          }
        } else field = NO_FIELD;
      }
    }
    at = afterSpace(at + 1);
    if (load<u8>(at) != COLON) return NOT_JSON;
    const value = afterSpace(at + 1);
    at = load<u8>(value) == QUOTE ? closingQuote(value + 1, last) + 1 : unquotedEnd(value, last);
    if (at == 0 || at > last) return NOT_JSON;
    if (field != NO_FIELD && load<i32>(row + (field << 3), 4) == -1) {
      found(field, value, at - value);
      wanted--;
    }
    at = afterSpace(at);
    if (load<u8>(at) != COMMA) return at == last ? DONE : NOT_JSON;
    if (wanted == 0) return DONE;
    at = afterSpace(at + 1);
    field = UNREAD;
  }
}

/** Notes where a field's value is to be read. */
function found(field: i32, value: usize, length: usize): void {
  let at = value;
  if (length < COPY_BYTES && copied <= copiedLast) {
    at = copied;
    v128.store(at, v128.load(value));
    v128.store(at, v128.load(value, 16), 16);
    copied += length + 1;
  }
  store<u32>(row + (field << 3), at, 4);
  store<u32>(row + (field << 3), at + length, 8);
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

/** Whether a name starts with the bytes before a backslash, and goes on with what the escape stands for, as far as a byte tells. */
function mayBeField(key: usize, backslash: usize): bool {
  const length = <i32>(backslash - key);
  const unit = escapedUnit(backslash);
  for (let field = 0; field < fields; field++) {
    if (lengthOf(field) <= length || !startsAlike(key, field, length)) continue;
    const next: u8 = load<u8>(tables + (field << 4) + <usize>length, NAMES);
    if (unit < 0x80 ? next == <u8>unit : next >= 0x80) return true;
  }
  return false;
}

/** The field that a key with escapes means; `UNREAD` unless it is sound, and 16 characters of ASCII at most. */
function plainFieldOf(key: usize, end: usize): i32 {
  const text = tables + KEY;
  let length = 0;
  while (key < end) {
    let unit = <i32>load<u8>(key);
    if (unit < 0x20) return UNREAD;
    if (unit == BACKSLASH) {
      if (!isEscape(key)) return UNREAD;
      unit = escapedUnit(key);
      key += load<u8>(key, 1) == LOWER_U ? 5 : 1;
    }
    if (unit >= 0x80 || length == 16) return UNREAD;
    store<u8>(text + <usize>(length++), <u8>unit);
    key++;
  }
  return fieldOf(text, length);
}

function isEscape(backslash: usize): bool {
  const letter: u8 = load<u8>(backslash, 1);
  if (letter == LOWER_U) return isHex(backslash + 2) && isHex(backslash + 3) && isHex(backslash + 4) && isHex(backslash + 5);
  return (
    letter == QUOTE || letter == BACKSLASH || letter == SLASH || letter == LOWER_B || letter == LOWER_F ||
    letter == LOWER_N || letter == LOWER_R || letter == LOWER_T
  );
}

function isHex(at: usize): bool {
  const byte: u8 = load<u8>(at);
  return isDigit(byte) || <u8>((byte | 0x20) - 0x61) < 6;
}

/** The UTF-16 unit that an escape stands for; any number for what is no escape. */
function escapedUnit(backslash: usize): i32 {
  const letter: u8 = load<u8>(backslash, 1);
  if (letter == LOWER_U) return hexValue(backslash + 2);
  if (letter == LOWER_B) return 0x08;
  if (letter == LOWER_F) return 0x0c;
  if (letter == LOWER_N) return 0x0a;
  if (letter == LOWER_R) return 0x0d;
  return letter == LOWER_T ? 0x09 : letter;
}

/** The value of four hexadecimal digits. */
function hexValue(at: usize): i32 {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = <i32>load<u8>(at + i);
    value = value * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
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
