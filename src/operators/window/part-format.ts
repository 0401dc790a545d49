import { type Hash64, hash64 } from "../aggregates/hash64.ts";

/**
 * A part of a window's content: which layout of the step wrote it (a hash, 4 bytes), the window's start and end (doubles), then
 * for each aggregate that has something its place among them (2 bytes), the length of its piece (4) and the piece. Numbers have their
 * lowest byte first.
 */
export interface WindowPart {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly (readonly [aggregate: number, piece: Uint8Array])[];
}

const headBytes = 20;
const pieceHeadBytes = 6;

/** A number that tells layouts of a step apart: what one wrote no other can read. */
export function layoutHash(stateVersion: string): number {
  const hash: Hash64 = { high: 0, low: 0 };
  hash64(stateVersion, hash);
  return hash.high >>> 0;
}

/** Spreads windows over tasks: the same number for the same window, and those that begin `stepMs` apart take turns. */
export function windowHash(start: number, end: number, stepMs: number): number {
  const hash: Hash64 = { high: 0, low: 0 };
  hash64(end - start, hash);
  return (hash.high + Math.floor(start / stepMs)) >>> 0;
}

/** A part's bytes. */
export function encodeWindowPart(layout: number, { start, end, pieces }: WindowPart): Uint8Array {
  const length = pieces.reduce((sum, [, piece]) => sum + pieceHeadBytes + piece.length, headBytes);
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt32LE(layout, 0);
  bytes.writeDoubleLE(start, 4);
  bytes.writeDoubleLE(end, 12);
  let at = headBytes;
  for (const [aggregate, piece] of pieces) {
    bytes.writeUInt16LE(aggregate, at);
    bytes.writeUInt32LE(piece.length, at + 2);
    bytes.set(piece, at + pieceHeadBytes);
    at += pieceHeadBytes + piece.length;
  }
  return bytes;
}

/** The layout that wrote a part. Throws a `RangeError` at what is none. */
export function layoutOf(bytes: Uint8Array): number {
  return bufferOf(bytes).readUInt32LE(0);
}

/** The part in `bytes`, whose pieces lie in them. Throws a `RangeError` at what is cut off. */
export function decodeWindowPart(bytes: Uint8Array): WindowPart {
  const buffer = bufferOf(bytes);
  const pieces: [number, Uint8Array][] = [];
  for (let at = headBytes; at < buffer.length; ) {
    const from = at + pieceHeadBytes;
    const to = from + buffer.readUInt32LE(at + 2);
    if (to > buffer.length) throw new RangeError("a part of a window is cut off");
    pieces.push([buffer.readUInt16LE(at), buffer.subarray(from, to)]);
    at = to;
  }
  return { start: buffer.readDoubleLE(4), end: buffer.readDoubleLE(12), pieces };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
