import type { Encoder } from "../core/codec.ts";
import type { RecordInfo } from "../core/operator.ts";

/** An encoder that sees what is known of the record besides its value. What it returns is copied before the next record. */
export interface RecordEncoder<T> {
  readonly name: string;
  encodeRecord(value: T, record: RecordInfo): string | Uint8Array;
}

/** What a sink of bytes takes to make them. */
export type SinkEncoder<T> = Encoder<T> | RecordEncoder<T>;

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

/** A sink's encoder as one function; JSON where none is given. */
export function recordBytes<T>(
  encoder: SinkEncoder<T> = jsonText,
): (value: T, record: RecordInfo) => string | Uint8Array {
  return "encodeRecord" in encoder
    ? (value, record) => encoder.encodeRecord(value, record)
    : (value) => encoder.encode(value);
}
