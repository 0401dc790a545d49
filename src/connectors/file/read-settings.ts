import type { Framing } from "../../codecs/framing.ts";
import { lines } from "../../codecs/lines.ts";
import { MillraceError } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";

/** How bytes become records; the same for files and streams. */
export interface RecordOptions {
  /** Where a record ends. Default `lines`. */
  readonly framing?: Framing;
  /** The longest record; a longer one is refused unread, with its beginning kept. Default 1 MiB. */
  readonly lineBytesMax?: number;
  /** How much is read at a time. Default 1 MiB. */
  readonly readBytes?: number;
  /** Records in one batch. Default 4096. */
  readonly batchRecordsMax?: number;
}

/** Everything a reader needs to know of how to read, each with its default put in. */
export interface ReadSettings {
  readonly framing: Framing;
  readonly recordBytesMax: number;
  readonly readBytes: number;
  readonly batchRecordsMax: number;
}

/** The options with defaults. Throws `ML1002` on a bound that is no positive whole number. */
export function readSettings(options: RecordOptions): ReadSettings {
  const bound = (name: "lineBytesMax" | "readBytes" | "batchRecordsMax") => {
    const value = options[name] ?? (name === "readBytes" ? limits.fileReadBytes : limits[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new MillraceError("ML1002", { message: `${name} is ${value}; give a whole number above 0` });
  };
  return {
    framing: options.framing ?? lines,
    recordBytesMax: bound("lineBytesMax"),
    readBytes: bound("readBytes"),
    batchRecordsMax: bound("batchRecordsMax"),
  };
}
