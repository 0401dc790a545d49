import type { Sink } from "../../core/sink.ts";
import { FileWriter } from "./file-writer.ts";
import { type WriteOptions, writeSettings } from "./sink-encoder.ts";

/** What {@link fileSink} takes besides the path. */
export interface FileSinkOptions<T> extends WriteOptions<T> {
  /** Keep what the file holds on a first run and write after it. Default: begin with an empty file. */
  readonly append?: boolean;
}

/**
 * A file, one encoded value after another: by default a line of JSON each.
 *
 * Exactly-once with checkpoints: each remembers how long the file was, and a run that goes on cuts off what was written
 * after. A reader that must see no line twice, not even for a moment, reads only as far as the last checkpoint. Going on
 * rejects with `ML4002` when the file is gone, shorter, or not the one that was written. Without checkpoints the file is
 * synced once, when it is closed. Give no two sinks the same path.
 */
export function fileSink<T = unknown>(path: string, options: FileSinkOptions<T> = {}): Sink<T> {
  const settings = writeSettings(options);
  const append = options.append ?? false;
  return {
    traits: { name: `file ${path}`, delivery: "exactly-once" },
    open: (context) => FileWriter.open(context, { path, append, ...settings }),
  };
}
