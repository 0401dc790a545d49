import { reasonOf } from "../../../core/errors.ts";
import type { Checkpoint } from "../../../core/state.ts";
import { MalformedBatch } from "../malformed-batch.ts";

/** Under which store and entry a changelog holds what a checkpoint has besides changes; stores of steps have longer names. */
export const checkpointStore = "";
export const checkpointEntry = "checkpoint";

const format = 1;

/** A checkpoint, and the topic it is about. */
export interface CheckpointRecord {
  readonly checkpoint: Checkpoint;
  /** The id of the input topic: one that was deleted and made again has another, and other records under the same offsets. */
  readonly inputId: string;
}

/** The record's value: JSON. */
export function encodeCheckpoint({ checkpoint, inputId }: CheckpointRecord): Uint8Array {
  return Buffer.from(JSON.stringify({ format, inputId, ...checkpoint }));
}

/** What {@link encodeCheckpoint} wrote. Throws `MalformedBatch` at anything else. */
export function decodeCheckpoint(value: Uint8Array): CheckpointRecord {
  let parsed: { readonly format?: unknown; readonly inputId?: unknown } & Partial<Checkpoint>;
  try {
    parsed = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.length).toString());
  } catch (cause) {
    throw new MalformedBatch(`the checkpoint is no JSON: ${reasonOf(cause)}`);
  }
  const { id, sources, sinks, versions, inputId } = parsed;
  const isWhole = typeof id === "number" && typeof inputId === "string" && sources && sinks && versions;
  if (parsed.format !== format || !isWhole) throw new MalformedBatch(`the checkpoint has format ${parsed.format}`);
  return { checkpoint: { id, sources, sinks, versions }, inputId };
}
