import { MillraceError } from "../../core/errors.ts";
import type { Position } from "../../core/records.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** A place in one of the files of a source, with what tells whether a file is still the one it was taken from. */
export interface FilePosition {
  /** Which of the source's paths, from 0. */
  readonly file: number;
  /** Its path, for people. */
  readonly name: string;
  /** In bytes of what the file unpacks to. */
  readonly offset: number;
  /** What the disk calls the file; tells a rotated file under `follow` from the one that took its name. */
  readonly identity: string;
  /** Of the file's first bytes, as they lie on disk. */
  readonly head: Fingerprint;
  /** Of the bytes right before `offset`, unpacked. */
  readonly tail: Fingerprint;
}

/** The position as the source keeps it, out of stored data. Throws `ML3002` when it is none. */
export function filePositionOf(stored: Position): FilePosition {
  const position = stored as unknown as FilePosition | null;
  const whole =
    typeof position === "object" &&
    position !== null &&
    Number.isSafeInteger(position.file) &&
    Number.isSafeInteger(position.offset) &&
    Array.isArray(position.head) &&
    Array.isArray(position.tail) &&
    position.tail[0] <= position.offset;
  if (whole) return position;
  throw new MillraceError("ML3002", { message: `the state holds no place in a file: ${JSON.stringify(stored)}` });
}
