import { MalformedBatch } from "./malformed-batch.ts";
import { VarintReader } from "./varint.ts";

/** A header of a record: a name, and bytes or null. */
export type RecordHeader = readonly [name: string, value: Uint8Array | null];

/** The headers that begin, with their count, at `at`. Values are views of `bytes`. Throws {@link MalformedBatch}. */
export function readHeaders(bytes: Buffer, at: number): RecordHeader[] {
  const reader = new VarintReader();
  reader.bytes = bytes;
  reader.at = at;
  reader.end = bytes.length;
  try {
    const count = reader.next();
    const headers: RecordHeader[] = [];
    for (let i = 0; i < count; i++) {
      const name = slice(reader, bytes, reader.next());
      const length = reader.next();
      headers.push([name.toString("utf8"), length < 0 ? null : slice(reader, bytes, length)]);
    }
    return headers;
  } catch (cause) {
    throw new MalformedBatch(`the headers of a record: ${String(cause)}`);
  }
}

function slice(reader: VarintReader, bytes: Buffer, length: number): Buffer {
  const start = reader.at;
  reader.pass(length);
  return bytes.subarray(start, reader.at);
}
