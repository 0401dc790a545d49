import { crc32 } from "node:zlib";
import { MillraceError } from "../core/errors.ts";
import type { Checkpoint } from "../core/state.ts";
import { type SegmentRef, segmentHeaderBytes, segmentNumber } from "./segment.ts";

/** What one checkpoint is made of. */
export interface Manifest {
  /** Grows with every manifest that is written: the higher is the newer. */
  readonly sequence: number;
  /** In order of replay: a base comes first, if there is one. */
  readonly segments: readonly SegmentRef[];
  readonly checkpoint: Checkpoint;
}

const formatVersion = 1;
const head = /^\{"format":(\d{1,9}),"crc32":"([0-9a-f]{8})","manifest":/;
const tail = "}\n";

/** A manifest as a JSON document that carries its format and the CRC-32 of both format and content. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const body = JSON.stringify(manifest);
  return Buffer.from(`{"format":${formatVersion},"crc32":"${checksum(formatVersion, body)}","manifest":${body}${tail}`);
}

/**
 * The manifest of a document; a text saying why when it is not whole. Throws `ML5003` at one that is whole but of a format
 * that only a later version reads: going back to an older checkpoint would not be right then.
 */
export function decodeManifest(bytes: Uint8Array): Manifest | string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  const match = head.exec(text);
  if (match === null || !text.endsWith(tail)) return "not a manifest, or cut short";
  const format = Number(match[1]);
  const body = text.slice(match[0].length, -tail.length);
  if (checksum(format, body) !== match[2]) return "the checksum does not match";
  if (format !== formatVersion) {
    throw new MillraceError("ML5003", {
      message: `the state directory is of format ${format}, this version reads format ${formatVersion}`,
    });
  }
  const manifest = JSON.parse(body) as Manifest;
  return manifest.segments.every(isSegmentRef) ? manifest : "a segment has a name or a length that cannot be";
}

function isSegmentRef(segment: SegmentRef): boolean {
  return segmentNumber(segment.file) !== undefined && segment.bytes >= segmentHeaderBytes;
}

function checksum(format: number, body: string): string {
  return crc32(`${format} ${body}`).toString(16).padStart(8, "0");
}
