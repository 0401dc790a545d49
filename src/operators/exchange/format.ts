import { MillraceError } from "../../core/errors.ts";
import { Slice } from "../../core/records.ts";
import { decodeKey, encodeKey, type StoreKey } from "../../state/store-key.ts";
import { structuredCodec } from "../../state/value-codec.ts";

/**
 * The bytes of what is exchanged. The first byte has the version of the format in its upper four bits and the kind in its
 * lower four; a version that is not ours is refused, since to leave out what a newer member wrote would lose it.
 *
 * - a record: whether the value is bytes as they came (1) or a value of the state's codec (0), one byte; event time and horizon,
 *   doubles, lowest byte first; the length of the key's text, seven bits a byte, lowest first; the key's text; the value.
 * - a report: {@link Report} as JSON.
 * - a part: what the step that merges makes of it.
 */
const version = 1;

/** What is exchanged. */
export const kinds = { record: 1, report: 2, part: 3 } as const;

/** A task's event time, as it tells it to all who read the exchange. */
export interface Report {
  /** The task's input partition. */
  readonly from: string;
  /** How many partitions, and so tasks, there are that write into the exchange. */
  readonly total: number;
  /** In ms since the epoch; null before there is one. */
  readonly watermark: number | null;
  readonly idle: boolean;
  /** Only when its input has ended: up to where, by source partition. */
  readonly ended?: Readonly<Record<string, number>> | undefined;
}

/** An exchanged record. One object is filled again and again; a value of bytes is a slice of what was read. */
export interface ExchangedRecord {
  time: number;
  horizon: number;
  key: StoreKey;
  value: unknown;
}

const headBytes = 18;

/** A keyed record's bytes. Throws at a value that the state's codec cannot take. */
export function encodeRecord(time: number, horizon: number, key: StoreKey, value: unknown): Uint8Array {
  const text = encodeKey(key);
  const keyBytes = Buffer.byteLength(text);
  const raw = value instanceof Slice;
  const content = raw ? value.buffer.subarray(value.start, value.end) : structuredCodec.encode(value);
  const bytes = Buffer.allocUnsafe(headBytes + lengthBytes(keyBytes) + keyBytes + content.length);
  bytes[0] = tagOf(kinds.record);
  bytes[1] = raw ? 1 : 0;
  bytes.writeDoubleLE(time, 2);
  bytes.writeDoubleLE(horizon, 10);
  let at = headBytes;
  let rest = keyBytes;
  for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  bytes.write(text, at);
  bytes.set(content, at + keyBytes);
  return bytes;
}

/** A report's bytes. */
export function encodeReport(report: Report): Uint8Array {
  return tagged(kinds.report, Buffer.from(JSON.stringify(report)));
}

/** A part's bytes. */
export function encodePart(part: Uint8Array): Uint8Array {
  return tagged(kinds.part, part);
}

/** The kind of what lies in `bytes` from `start`; undefined for what nobody of us wrote. Throws `ML5003` at another version's. */
export function kindOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (start >= end) return undefined;
  const kind = bytes[start]! & 15;
  if (kind < kinds.record || kind > kinds.part) return undefined;
  const written = bytes[start]! >>> 4;
  if (written === version) return kind;
  throw new MillraceError("ML5003", {
    message: `the exchange holds records of format ${written}, and this version reads format ${version}`,
  });
}

/** Fills `into` with the record in `bytes`, its value, if bytes, in `slice`. Throws a `RangeError` or the like at what is cut off. */
export function decodeRecord(bytes: Buffer, start: number, end: number, slice: Slice, into: ExchangedRecord): void {
  let at = start + headBytes;
  let keyBytes = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= end || shift > 28) throw new RangeError("a record is cut off");
    const byte = bytes[at++]!;
    keyBytes |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const valueAt = at + keyBytes;
  if (keyBytes < 0 || valueAt > end) throw new RangeError("a record is cut off");
  into.time = bytes.readDoubleLE(start + 2);
  into.horizon = bytes.readDoubleLE(start + 10);
  into.key = decodeKey(bytes.toString("utf8", at, valueAt));
  if (bytes[start + 1] === 1) {
    slice.buffer = bytes;
    slice.start = valueAt;
    slice.end = end;
    into.value = slice;
  } else into.value = structuredCodec.decode(bytes.subarray(valueAt, end));
}

/** The report in `bytes`. Throws at what is none. */
export function decodeReport(bytes: Buffer, start: number, end: number): Report {
  const { from, total, watermark, idle, ended } = JSON.parse(bytes.toString("utf8", start + 1, end)) as Report;
  const whole = typeof from === "string" && Number.isSafeInteger(total) && total > 0 && typeof idle === "boolean";
  if (whole && (watermark === null || Number.isFinite(watermark)) && isEnded(ended)) {
    return { from, total, watermark, idle, ended };
  }
  throw new TypeError("a report lacks what it must say");
}

function isEnded(ended: unknown): boolean {
  if (ended === undefined) return true;
  return typeof ended === "object" && ended !== null && Object.values(ended).every(Number.isSafeInteger);
}

function tagOf(kind: number): number {
  return version * 16 + kind;
}

function tagged(kind: number, content: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(1 + content.length);
  bytes[0] = tagOf(kind);
  bytes.set(content, 1);
  return bytes;
}

function lengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : length < 0x1000_0000 ? 4 : 5;
}
