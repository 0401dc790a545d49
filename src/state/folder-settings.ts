import type { Clock } from "../core/clock.ts";
import type { Disk } from "../core/disk.ts";
import type { CompactionPace } from "./compaction.ts";

/** How a state folder is kept: the options of `folderCheckpoints`, which say what each means, with defaults filled in. */
export interface FolderSettings {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  readonly compactBytesMin: number;
  readonly segmentsMax: number;
  readonly pendingBytesMax: number;
  readonly pace: CompactionPace;
}
