import { isUtf8 } from "node:buffer";
import { type Decoder, Malformed, type ValueCodec } from "millrace";

/** What an event says: follow, unfollow, broadcast, private message, status update. */
export type MazeKind = "F" | "U" | "B" | "P" | "S";

/** An event of the maze. */
export interface MazeEvent {
  /** Its place in the order, a safe whole number. */
  readonly seq: number;
  readonly kind: MazeKind;
  /** User ids as they were written; empty where the kind has none. */
  readonly from: string;
  readonly to: string;
  /** The line as it was read, its line end included: what clients get. In memory of its own. */
  readonly bytes: Uint8Array;
}

/** The longest user id, in bytes. */
export const userBytesMax = 256;

const pipe = 0x7c;
const zero = 0x30;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** 2^53 - 1 has so many digits. */
const seqDigitsMax = 16;

const noLineEnd = new Malformed("no line end");
const noSeq = new Malformed("no sequence number");
const seqTooLarge = new Malformed("sequence number beyond 2^53");
const unknownKind = new Malformed("unknown kind");
const missingField = new Malformed("missing field");
const tooManyFields = new Malformed("too many fields");
const controlCharacter = new Malformed("control character in a user id");
const notUtf8 = new Malformed("user id not UTF-8");
const userTooLong = new Malformed("user id too long");

/** How many users a kind names. */
const usersOf: Readonly<Record<number, { readonly kind: MazeKind; readonly users: 0 | 1 | 2 }>> = {
  66: { kind: "B", users: 0 },
  70: { kind: "F", users: 2 },
  80: { kind: "P", users: 2 },
  83: { kind: "S", users: 1 },
  85: { kind: "U", users: 2 },
};

/**
 * Reads events: `SEQ|F|FROM|TO`, `SEQ|U|FROM|TO`, `SEQ|B`, `SEQ|P|FROM|TO`, `SEQ|S|FROM`, each with its line end, CRLF or LF. Strict:
 * SEQ is digits only and below 2^53, kinds are capital letters, a user id is 1 to 256 bytes of UTF-8 without control
 * characters. A line cut off before its end is none.
 */
export const mazeEvent: Decoder<MazeEvent> = {
  name: "follower-maze event",
  decode(bytes, start, end) {
    const contentEnd = endOfContent(bytes, start, end);
    if (contentEnd < 0) return noLineEnd;
    let at = start;
    let seq = 0;
    for (let digit = digitAt(bytes, at); digit >= 0 && at < contentEnd; digit = digitAt(bytes, ++at)) {
      seq = seq * 10 + digit;
    }
    if (at === start || at >= contentEnd || bytes[at] !== pipe) return noSeq;
    if (at - start > seqDigitsMax || seq > Number.MAX_SAFE_INTEGER) return seqTooLarge;
    const form = usersOf[bytes[at + 1]!];
    const kindEnd = at + 2;
    if (form === undefined || kindEnd > contentEnd || (kindEnd < contentEnd && bytes[kindEnd] !== pipe)) {
      return unknownKind;
    }
    return withUsers(bytes, start, end, seq, form, kindEnd, contentEnd);
  },
};

/** An event in the state: its line, as it was read. */
export const storedEvent: ValueCodec<MazeEvent> = {
  encode: (event) => event.bytes,
  decode: (bytes) => {
    const event = mazeEvent.decode(bytes, 0, bytes.length);
    if (event instanceof Malformed) throw new Error(`a stored event cannot be read: ${event.reason}`);
    return event;
  },
};

function withUsers(
  bytes: Uint8Array,
  start: number,
  end: number,
  seq: number,
  { kind, users }: { readonly kind: MazeKind; readonly users: 0 | 1 | 2 },
  kindEnd: number,
  contentEnd: number,
): MazeEvent | Malformed {
  if (users === 0) {
    return kindEnd === contentEnd ? { seq, kind, from: "", to: "", bytes: copied(bytes, start, end) } : tooManyFields;
  }
  if (kindEnd >= contentEnd) return missingField;
  const fromEnd = fieldEnd(bytes, kindEnd + 1, contentEnd);
  if (users === 1 && fromEnd < contentEnd) return tooManyFields;
  if (users === 2 && fromEnd >= contentEnd) return missingField;
  const from = userAt(bytes, kindEnd + 1, fromEnd);
  if (typeof from !== "string") return from;
  if (users === 1) return { seq, kind, from, to: "", bytes: copied(bytes, start, end) };
  const toEnd = fieldEnd(bytes, fromEnd + 1, contentEnd);
  if (toEnd < contentEnd) return tooManyFields;
  const to = userAt(bytes, fromEnd + 1, toEnd);
  if (typeof to !== "string") return to;
  return { seq, kind, from, to, bytes: copied(bytes, start, end) };
}

/** Where the line end begins; -1 when there is none. */
function endOfContent(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || bytes[end - 1] !== lineFeed) return -1;
  return end - 1 > start && bytes[end - 2] === carriageReturn ? end - 2 : end - 1;
}

/** The digit there; -1 when it is none. */
function digitAt(bytes: Uint8Array, at: number): number {
  const digit = bytes[at]! - zero;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

function fieldEnd(bytes: Uint8Array, from: number, contentEnd: number): number {
  let at = from;
  while (at < contentEnd && bytes[at] !== pipe) at += 1;
  return at;
}

/** Texts of small numbers, which most user ids are: made once. */
const numberTexts: string[] = [];
const numberTextsMax = 65_536;

/** A user id as text. */
function userAt(bytes: Uint8Array, start: number, end: number): string | Malformed {
  const length = end - start;
  if (length <= 0) return missingField;
  if (length > userBytesMax) return userTooLong;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = digitAt(bytes, at);
    if (digit < 0) return textAt(bytes, start, end);
    number = number * 10 + digit;
  }
  // Leading zeros belong to the id: "01" and "1" are two users.
  if (number >= numberTextsMax || (bytes[start] === zero && length > 1)) return asciiAt(bytes, start, end);
  numberTexts[number] ??= String(number);
  return numberTexts[number]!;
}

function textAt(bytes: Uint8Array, start: number, end: number): string | Malformed {
  let ascii = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte < 0x20 || byte === 0x7f) return controlCharacter;
    if (byte > 0x7f) ascii = false;
  }
  if (ascii) return asciiAt(bytes, start, end);
  const view = bytes.subarray(start, end);
  return isUtf8(view) ? Buffer.from(view.buffer, view.byteOffset, view.length).toString("utf8") : notUtf8;
}

function asciiAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

/** Arrays so short lie in the engine's own memory: a loop fills one in half the time that any copying call takes. */
const loopBytesMax = 64;

function copied(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const copy = new Uint8Array(length);
  if (length > loopBytesMax) copy.set(bytes.subarray(start, end));
  else for (let at = 0; at < length; at++) copy[at] = bytes[start + at]!;
  return copy;
}
