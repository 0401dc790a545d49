import type { Disk } from "../../core/disk.ts";
import { FileInput } from "./byte-input.ts";
import type { OpenedFile } from "./opened-file.ts";

/**
 * What became of a followed file that has nothing more to read: `"rotated"` when another file has its path, `"truncated"`
 * when it is shorter than what was read of it. A path that names nothing counts as `"same"`: its successor is still to
 * come. Not noticed: a file truncated and filled again beyond the old place between two looks.
 */
export async function changeOf(disk: Disk, path: string, file: OpenedFile): Promise<"same" | "rotated" | "truncated"> {
  const now = await disk.stat(path);
  if (now === undefined) return "same";
  if (now.identity !== file.identity) return "rotated";
  return file.input instanceof FileInput && now.size < file.input.position ? "truncated" : "same";
}
