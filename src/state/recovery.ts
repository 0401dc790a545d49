import type { Disk } from "../core/disk.ts";
import { MillraceError } from "../core/errors.ts";
import { readPayload } from "./block.ts";
import { Corruption } from "./corruption.ts";
import type { Manifest } from "./manifest.ts";
import { type ManifestSlot, readManifests } from "./manifest-slots.ts";
import type { SegmentRef } from "./segment.ts";
import { readSegment } from "./segment-reader.ts";

/** Gets a change back: `value` undefined for a deletion, else valid during the call. */
export type OnChange = (store: string, key: string, value: Uint8Array | undefined) => void;

/** The newest checkpoint that is whole. */
export interface Recovered {
  readonly manifest: Manifest;
  readonly slot: ManifestSlot;
  /** What the other slot's manifest names, if it can be read: to be kept until that slot is written over. */
  readonly others: readonly SegmentRef[];
  /** What was found corrupt, each with file and offset. Empty when all is well. */
  readonly troubles: readonly string[];
}

/**
 * Finds the newest checkpoint of which manifest and segments are whole: every checksum of it is checked. Undefined when
 * there never was one. Rejects with `ML5002` when there is none whole, `ML5003` when a later version wrote the newest.
 */
export async function findCheckpoint(disk: Disk, folder: string): Promise<Recovered | undefined> {
  const found = await readManifests(disk, folder);
  const troubles = found.flatMap(({ slot, manifest }) =>
    typeof manifest === "string" ? [`${slot}, byte 0: ${manifest}`] : [],
  );
  for (const { slot, manifest } of found) {
    if (typeof manifest === "string") continue;
    const trouble = await verify(disk, folder, manifest);
    if (trouble === undefined) {
      const others = found.flatMap((other) =>
        other.slot === slot || typeof other.manifest === "string" ? [] : other.manifest.segments,
      );
      return { manifest, slot, others, troubles };
    }
    troubles.push(trouble);
  }
  if (found.length === 0) return undefined;
  throw new MillraceError("ML5002", { message: `in ${folder}: ${troubles.join("; ")}` });
}

/**
 * Hands on every change of a checkpoint, in the order of replay. Costs a second reading of the segments: nothing is
 * handed on before all was found whole, since what was handed on cannot be taken back.
 */
export async function replay(disk: Disk, folder: string, manifest: Manifest, onChange: OnChange): Promise<void> {
  for (const segment of manifest.segments) {
    try {
      await readSegment(disk, folder, segment, (payload) => readPayload(payload, onChange));
    } catch (error) {
      if (!(error instanceof Corruption)) throw error;
      throw new MillraceError("ML5002", { message: `in ${folder}: ${error.message}`, cause: error });
    }
  }
}

async function verify(disk: Disk, folder: string, manifest: Manifest): Promise<string | undefined> {
  try {
    for (const segment of manifest.segments) await readSegment(disk, folder, segment, () => {});
    return undefined;
  } catch (error) {
    if (error instanceof Corruption) return error.message;
    throw error;
  }
}
