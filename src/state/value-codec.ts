import { deserialize, serialize } from "node:v8";
import { isPlainJson } from "./plain-json.ts";

/** Values of a store to bytes and back. */
export interface ValueCodec<V> {
  encode(value: V): Uint8Array;
  /** `bytes` are valid during the call only: what is kept of them must be a copy. */
  decode(bytes: Uint8Array): V;
}

const numberTag = 1;
const textTag = 2;
const jsonTag = 3;

/**
 * The codec of stores that name none: V8's structured clone, which keeps Map, Set, Date, RegExp, bigint, typed arrays,
 * Buffer, cycles, `undefined` and `-0`; an instance of a class comes back as a plain object, a function throws.
 * Numbers, strings and small plain objects take a shorter form (its tag cannot begin V8's, which is 0xff), several times
 * faster; what comes back is the same.
 */
export const structuredCodec: ValueCodec<unknown> = {
  encode(value) {
    if (typeof value === "number") {
      const bytes = Buffer.allocUnsafe(9);
      bytes[0] = numberTag;
      bytes.writeDoubleLE(value, 1);
      return bytes;
    }
    if (typeof value === "string" && value.isWellFormed()) return tagged(textTag, value);
    if (isPlainJson(value)) return tagged(jsonTag, JSON.stringify(value));
    return serialize(value);
  },
  decode(bytes) {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view[0] === numberTag) return view.readDoubleLE(1);
    if (view[0] === textTag) return view.toString("utf8", 1);
    if (view[0] === jsonTag) return JSON.parse(view.toString("utf8", 1));
    // A typed array within would come back as a view of these bytes, which are overwritten after the call.
    return deserialize(Buffer.from(bytes));
  },
};

function tagged(tag: number, text: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  bytes[0] = tag;
  bytes.write(text, 1);
  return bytes;
}
