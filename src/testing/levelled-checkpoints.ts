import { deserialize } from "node:v8";
import type { CheckpointStore, Stateful, StoreChanges } from "../core/state.ts";

const headBytes = 4;
/** How V8's structured clone begins. */
const cloneTag = 0xff;

/**
 * A store whose values take room by what they mean, not by how V8 holds them. A structured clone writes a whole number in two
 * bytes or in nine, as optimised code has left it, so that the same run would fill a disk at another place each time.
 * Values are padded to a length that their content alone decides, and come back as they were.
 */
export function levelledCheckpoints(inner: CheckpointStore): CheckpointStore {
  return {
    open: (onChange) =>
      inner.open((store, key, value) => onChange(store, key, value === undefined ? undefined : unpadded(value))),
    commit: (checkpoint, changes, stores) =>
      inner.commit(
        checkpoint,
        changes.map(paddedChanges),
        new Map([...stores].map(([name, store]) => [name, padding(store)])),
      ),
    cut: () => inner.cut?.(),
    close: () => inner.close(),
    status: () => inner.status?.() ?? {},
  };
}

function paddedChanges({ store, changes }: StoreChanges): StoreChanges {
  const all = [...changes].map(([key, value]) => [key, value === undefined ? undefined : padded(value)] as const);
  return { store, changes: all };
}

function padding(store: Stateful): Stateful {
  return {
    collect: (log) => store.collect(log),
    apply: (key, value) => store.apply(key, value),
    *entries() {
      for (const [key, value] of store.entries()) yield [key, padded(value)];
    },
  };
}

function padded(value: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(headBytes + Math.max(value.length, levelOf(value)));
  bytes.writeUInt32LE(value.length, 0);
  bytes.set(value, headBytes);
  return bytes;
}

function unpadded(bytes: Uint8Array): Uint8Array {
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, headBytes).readUInt32LE(0);
  return bytes.subarray(headBytes, headBytes + length);
}

/** At least what any clone of the value takes: five bytes for each character of its text hold the longest form of a number. */
function levelOf(value: Uint8Array): number {
  return value[0] === cloneTag ? 64 + 5 * textLengthOf(value) : value.length;
}

function textLengthOf(value: Uint8Array): number {
  let data: unknown;
  try {
    data = deserialize(value.slice());
  } catch {
    // No clone, but bytes of a store's own that begin like one.
    return 0;
  }
  const text: string | undefined = JSON.stringify(data, (_, part: unknown) => {
    if (typeof part === "bigint") return String(part);
    if (part instanceof Map || part instanceof Set) return [...part];
    if (ArrayBuffer.isView(part)) return "b".repeat(part.byteLength);
    return part;
  });
  return text?.length ?? 0;
}
