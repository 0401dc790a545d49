/** A file of blocks of changes, up to the length that a checkpoint committed; what lies beyond is a torn tail, never read. */
export interface SegmentRef {
  /** Its name in the state folder. */
  readonly file: string;
  readonly bytes: number;
}

/** What every segment begins with, before its first block. */
export const segmentHeaderBytes = 16;

const formatVersion = 1;
const namePattern = /^(changes|base)-(\d{6,15})\.seg$/;

/** A segment's name. Numbers are used once in the life of a state folder. `base` holds all entries, `changes` what came after. */
export function segmentName(kind: "changes" | "base", number: number): string {
  return `${kind}-${String(number).padStart(6, "0")}.seg`;
}

/** The number in a segment's name; undefined when it is no segment's name. */
export function segmentNumber(file: string): number | undefined {
  const match = namePattern.exec(file);
  return match === null ? undefined : Number(match[2]);
}

/** Whether a segment holds all entries of the stores as they were, rather than changes. */
export function isBase(segment: SegmentRef): boolean {
  return segment.file.startsWith("base-");
}

/** The bytes at a segment's start: the format, and the number, so that a file under another's name is noticed. */
export function segmentHeader(number: number): Uint8Array {
  const header = Buffer.alloc(segmentHeaderBytes);
  header.write("MLRS", 0, "latin1");
  header.writeUInt32LE(formatVersion, 4);
  header.writeBigUInt64LE(BigInt(number), 8);
  return header;
}
