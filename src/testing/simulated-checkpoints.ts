import type { Clock } from "../core/clock.ts";
import type { Disk } from "../core/disk.ts";
import type { CheckpointStore } from "../core/state.ts";
import { folderCheckpoints } from "../state/index.ts";
import { levelledCheckpoints } from "./levelled-checkpoints.ts";

/** Where a simulated run keeps its checkpoints; all other files on the disk are its output. */
export const stateFolder = "/state";

/** A state folder that is compacted early and in small slices, so that short runs see it happen. */
export function simulatedCheckpoints(disk: Disk, clock: Clock, warn: (message: string) => void): CheckpointStore {
  const folder = folderCheckpoints(stateFolder, {
    disk,
    clock,
    warn,
    compactBytesMin: 6000,
    segmentsMax: 6,
    sliceBytesMax: 1000,
    sliceMs: 1,
    pauseMs: 1,
  });
  return levelledCheckpoints(folder);
}
