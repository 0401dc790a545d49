import { deserialize, serialize } from "node:v8";

/** Data as bytes for the state, by V8's structured clone: throws at functions, symbols and the like. */
export function packed(data: unknown): Uint8Array {
  return serialize(data);
}

/** The data of {@link packed}, in memory of its own: `bytes` may be used again. Throws at anything else. */
export function unpacked(bytes: Uint8Array): unknown {
  return deserialize(new Uint8Array(bytes));
}
