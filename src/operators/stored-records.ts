import { Buffer } from "node:buffer";
import { packed, unpacked } from "../time/packed.ts";
import { isSameInfo, type ValueInfo } from "./held-value.ts";

/** What the state keeps of a record that waits. */
export interface StoredRecord {
  readonly info: ValueInfo;
  readonly weight: number;
  readonly value: Uint8Array;
}

/** The first byte of a record as it is written now; V8's structured clone, which it was before, begins with another. */
const layout = 1;
const headBytes = 1 + 8 + 4;

/**
 * Writes records for the state: a byte for the layout, the weight (a double), how long the info is (32 bits, little-endian), the info as a
 * structured clone, the value. A clone for each record would cost V8 a serializer, a kilobyte and more that only a collection
 * gives back; most records have the info of the one before, which is kept.
 */
export class StoredRecords {
  #info: ValueInfo | undefined;
  #infoBytes: Uint8Array = new Uint8Array(0);
  #buffer = Buffer.alloc(0);

  /** A view, valid until the next call. */
  bytesOf(info: ValueInfo, weight: number, value: Uint8Array): Uint8Array {
    if (this.#info === undefined || !isSameInfo(info, this.#info)) {
      this.#info = info;
      this.#infoBytes = packed({ time: info.time, key: info.key, partition: info.partition });
    }
    const infoBytes = this.#infoBytes;
    const length = headBytes + infoBytes.length + value.length;
    if (length > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(2 * length);
    const buffer = this.#buffer;
    buffer[0] = layout;
    buffer.writeDoubleLE(weight, 1);
    buffer.writeUInt32LE(infoBytes.length, 9);
    buffer.set(infoBytes, headBytes);
    buffer.set(value, headBytes + infoBytes.length);
    return buffer.subarray(0, length);
  }
}

/** Reads a record of the state, in either layout; the value has memory of its own. Throws at anything else. */
export function storedRecord(bytes: Uint8Array): StoredRecord {
  if (bytes[0] !== layout) {
    const [info, weight, value] = unpacked(bytes) as [ValueInfo, number, Uint8Array];
    return { info, weight, value };
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const valueAt = headBytes + buffer.readUInt32LE(9);
  const info = unpacked(buffer.subarray(headBytes, valueAt)) as ValueInfo;
  return { info, weight: buffer.readDoubleLE(1), value: new Uint8Array(buffer.subarray(valueAt)) };
}
