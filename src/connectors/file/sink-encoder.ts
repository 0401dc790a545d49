import type { Framing } from "../../codecs/framing.ts";
import { lines } from "../../codecs/lines.ts";
import { recordBytes, type SinkEncoder } from "../../codecs/record-encoder.ts";
import { MillraceError } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import type { RecordInfo } from "../../core/operator.ts";

/** How records become bytes; the same for files and streams. */
export interface WriteOptions<T> {
  /** A value's bytes. Default JSON. With `lines` as framing they must hold no line break. */
  readonly encoder?: SinkEncoder<T>;
  /** What stands between them. Default `lines`. */
  readonly framing?: Framing;
  /** How much may wait to be written before the pipeline waits. Default 1 MiB. */
  readonly pendingBytesMax?: number;
}

/** The options with their defaults put in. */
export interface WriteSettings<T> {
  readonly encode: (value: T, record: RecordInfo) => string | Uint8Array;
  readonly framing: Framing;
  readonly pendingBytesMax: number;
}

/** The options with defaults. Throws `ML1002` on a bound that is no positive whole number. */
export function writeSettings<T>(options: WriteOptions<T>): WriteSettings<T> {
  const pendingBytesMax = options.pendingBytesMax ?? limits.sinkPendingBytesMax;
  if (!Number.isSafeInteger(pendingBytesMax) || pendingBytesMax <= 0) {
    throw new MillraceError("ML1002", {
      message: `pendingBytesMax is ${pendingBytesMax}; give a whole number above 0`,
    });
  }
  return { encode: recordBytes<T>(options.encoder), framing: options.framing ?? lines, pendingBytesMax };
}
