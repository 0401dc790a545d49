import type { KeptRecord } from "../core/operator.ts";
import { Slice } from "../core/records.ts";

/** A record that a step keeps to hand on later. */
export interface HeldRecord {
  readonly kept: KeptRecord;
  readonly value: unknown;
  /** About what keeping it costs. */
  readonly bytes: number;
}

/** A {@link HeldRecord} as data that `packed` takes. */
export type PackedRecord = readonly [kept: KeptRecord, bytes: number, isSlice: boolean, value: unknown];

/** A record to hold, from what `context.keep()` gave. A {@link Slice}, valid during the call only, is copied. */
export function holdRecord(kept: KeptRecord, value: unknown): HeldRecord {
  const own = value instanceof Slice ? Slice.over(value.copy()) : value;
  return { kept, value: own, bytes: (kept.raw?.length ?? 0) + estimateBytes(own, 4) };
}

/** For `packed`. The value must be one that a structured clone can copy: no functions, and no classes of its own. */
export function packRecord(held: HeldRecord): PackedRecord {
  if (held.value instanceof Slice) return [held.kept, held.bytes, true, held.value.copy()];
  return [held.kept, held.bytes, false, held.value];
}

/** The record again. */
export function unpackRecord([kept, bytes, isSlice, value]: PackedRecord): HeldRecord {
  return { kept, bytes, value: isSlice ? Slice.over(value as Uint8Array) : value };
}

/** Roughly what a value takes in memory. What lies deeper than `depth` counts as small: `raw` is there to bound that. */
function estimateBytes(value: unknown, depth: number): number {
  if (typeof value === "string") return 24 + 2 * value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Slice) return 64 + value.length;
  if (ArrayBuffer.isView(value)) return 64 + value.byteLength;
  let bytes = 32;
  if (depth > 0) for (const part of Object.values(value)) bytes += 8 + estimateBytes(part, depth - 1);
  return bytes;
}
