import { type Duration, durationMs } from "../../core/duration.ts";
import { MillraceError } from "../../core/errors.ts";
import type { Slice } from "../../core/records.ts";
import type { Source } from "../../core/source.ts";
import { FileReader } from "./file-reader.ts";
import { type RecordOptions, readSettings } from "./read-settings.ts";

/** What {@link fileSource} takes besides paths. */
export interface FileSourceOptions extends RecordOptions {
  /**
   * Stay with the last file and read what is added to it, as `tail -F` does: a missing file is waited for, a rotated one
   * is read to its end before the new one of that name is begun, a truncated one is begun again. A last line waits for
   * its newline. Between two looks a file may be rotated once. A packed file cannot be followed.
   */
  readonly follow?: boolean;
  /** Time between looks at a followed file that has nothing new. Default 100 ms. */
  readonly poll?: Duration;
}

/**
 * One file, or several one after another, as one partition of records. `.gz` and `.zst` files are known by their first
 * bytes, whatever their name, and read as they are.
 *
 * Replayable: a position remembers the file's first bytes and those before the place, so that another input than before
 * is refused (`ML3002`) rather than read on. To go on in a packed file it is unpacked from its beginning. Opening rejects
 * with `ML3001` when one of the files is missing; a packed file that is corrupt or cut off rejects the read with it.
 */
export function fileSource(paths: string | readonly string[], options: FileSourceOptions = {}): Source<Slice> {
  const all = typeof paths === "string" ? [paths] : [...paths];
  if (all.length === 0) throw new MillraceError("ML1002", { message: "fileSource got no path; give it at least one" });
  const follow = options.follow ?? false;
  const pollMs = durationMs(options.poll ?? 100);
  const settings = readSettings(options);
  return {
    traits: {
      name: all.length === 1 ? `file ${all[0]}` : `${all.length} files from ${all[0]} to ${all.at(-1)}`,
      replayable: true,
      live: follow,
    },
    open: (context) => FileReader.open(context, { paths: all, follow, pollMs, ...settings }),
  };
}
