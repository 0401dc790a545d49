import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Disk } from "../core/disk.ts";
import type { CheckpointStore } from "../core/state.ts";
import { FolderStore } from "./folder-store.ts";

/** How a state folder is kept. */
export interface FolderCheckpointsOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Gets what people should know though work goes on: that a corrupt checkpoint was passed over. Default: `process.emitWarning`. */
  readonly warn?: ((message: string) => void) | undefined;
  /** A changelog shorter than this is not compacted. Default 8 MiB. */
  readonly compactBytesMin?: number | undefined;
  /** With more segments than this, one for each start at most, it is compacted whatever its length. Default 64. */
  readonly segmentsMax?: number | undefined;
  /** What a compaction takes in one turn. Default 1 MiB. */
  readonly sliceBytesMax?: number | undefined;
  /** How long one turn of a compaction may hold up records, in milliseconds. Default 2. */
  readonly sliceMs?: number | undefined;
  /** Between two turns of a compaction, in milliseconds. Default 8: it then takes a fifth of the time. */
  readonly pauseMs?: number | undefined;
  /** Bytes of changes kept for another try while commits fail; with more, the store refuses for good. Default 256 MiB. */
  readonly pendingBytesMax?: number | undefined;
}

const mebibyte = 1024 * 1024;

/**
 * Checkpoints in a folder: a changelog of checksummed segments, and two manifests that each name a whole checkpoint.
 *
 * - A commit costs what changed: one append and sync, and a manifest written, synced and renamed into its slot.
 * - Opening takes the lock `lock` in the folder, and the newest checkpoint of which every checksum is right. It warns when
 *   that is not the newest there was; it rejects with `ML5001` (held by another process), `ML5002` (none is whole) or
 *   `ML5003` (written by a later version).
 * - A commit that fails rejects with `ML5004` and leaves the checkpoint before it in force. The next commit is a safe
 *   retry: the changes of the failed one are kept and go with it, once, in a new segment.
 * - When the changelog is twice as long as what lives in it, it is compacted in the background (see `Compaction`).
 *   A compaction that fails is warned of and tried again when the log has grown further; commits go on.
 *
 * Assumes that a commit's changes are collected after the call of the commit before it.
 */
export function folderCheckpoints(path: string, options: FolderCheckpointsOptions): CheckpointStore {
  return new FolderStore(join(path), {
    disk: options.disk,
    clock: options.clock,
    warn: options.warn ?? ((message) => process.emitWarning(message, "MillraceWarning")),
    compactBytesMin: options.compactBytesMin ?? 8 * mebibyte,
    segmentsMax: options.segmentsMax ?? 64,
    pendingBytesMax: options.pendingBytesMax ?? 256 * mebibyte,
    pace: {
      sliceBytesMax: options.sliceBytesMax ?? mebibyte,
      sliceMs: options.sliceMs ?? 2,
      pauseMs: options.pauseMs ?? 8,
    },
  });
}
