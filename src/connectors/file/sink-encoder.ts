import type { Framing } from "../../codecs/framing.ts";
import { lines } from "../../codecs/lines.ts";
import type { Encoder } from "../../core/codec.ts";
import { MillraceError } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import type { RecordInfo } from "../../core/operator.ts";

/** An encoder that sees what is known of the record besides its value. What it returns is copied before the next record. */
export interface RecordEncoder<T> {
  readonly name: string;
  encodeRecord(value: T, record: RecordInfo): string | Uint8Array;
}

/** What a sink of bytes takes to make them. */
export type SinkEncoder<T> = Encoder<T> | RecordEncoder<T>;

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

/** A value as JSON text. Throws at what has none, such as `undefined` or a bigint. */
export const jsonText: Encoder<unknown> = {
  name: "json",
  encode: (value) => {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`JSON has no text for ${typeof value}`);
    return text;
  },
};

/** The bytes that the source read, whatever the value: for filters and sorters of records. Throws at a record that has none. */
export const rawLines: RecordEncoder<unknown> = {
  name: "raw",
  encodeRecord: (_, record) => {
    const raw = record.raw();
    if (raw === undefined) throw new TypeError("the record has no bytes of its own: it comes from no source of bytes");
    return raw;
  },
};

/** The options with defaults. Throws `ML1002` on a bound that is no positive whole number. */
export function writeSettings<T>(options: WriteOptions<T>): WriteSettings<T> {
  const encoder: SinkEncoder<T> = options.encoder ?? jsonText;
  const pendingBytesMax = options.pendingBytesMax ?? limits.sinkPendingBytesMax;
  if (!Number.isSafeInteger(pendingBytesMax) || pendingBytesMax <= 0) {
    throw new MillraceError("ML1002", {
      message: `pendingBytesMax is ${pendingBytesMax}; give a whole number above 0`,
    });
  }
  const encode =
    "encodeRecord" in encoder
      ? (value: T, record: RecordInfo) => encoder.encodeRecord(value, record)
      : (value: T) => encoder.encode(value);
  return { encode, framing: options.framing ?? lines, pendingBytesMax };
}
