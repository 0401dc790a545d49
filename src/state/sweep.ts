import { join } from "node:path";
import type { Disk } from "../core/disk.ts";
import { manifestDraft } from "./manifest-slots.ts";
import { segmentNumber } from "./segment.ts";

/** Removes the draft of a manifest and all segments but those in `kept`. Files that are not the engine's stay. */
export async function sweepFolder(disk: Disk, folder: string, kept: ReadonlySet<string>): Promise<void> {
  for (const name of await disk.list(folder)) {
    if (name === manifestDraft || (segmentNumber(name) !== undefined && !kept.has(name))) {
      await disk.remove(join(folder, name));
    }
  }
}
