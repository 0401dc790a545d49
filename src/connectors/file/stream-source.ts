import type { Readable } from "node:stream";
import type { Slice } from "../../core/records.ts";
import type { Source } from "../../core/source.ts";
import { type RecordOptions, readSettings } from "./read-settings.ts";
import { StreamReader } from "./stream-reader.ts";

/** What {@link streamSource} takes besides the stream. */
export interface StreamSourceOptions extends RecordOptions {
  /** What to call it. Default `"stream"`. */
  readonly name?: string;
}

/**
 * Any Node stream of bytes, gzip or Zstandard known by its first bytes. Live, and not to be read again: what was read and
 * not worked on when the process dies is gone, and positions only tell people how far it was. Takes from the stream only
 * when asked, so a full pipeline makes the writer wait. The stream is destroyed when the source is closed.
 *
 * `readable` is called when the source is opened: the stream itself can be opened once only.
 */
export function streamSource(readable: () => Readable, options: StreamSourceOptions = {}): Source<Slice> {
  const settings = readSettings(options);
  const name = options.name ?? "stream";
  return {
    traits: { name, replayable: false, live: true },
    open: (context) => Promise.resolve(new StreamReader(readable(), name, context, settings)),
  };
}

/** What is piped into the process. See {@link streamSource}. */
export function stdinSource(options: RecordOptions = {}): Source<Slice> {
  return streamSource(() => process.stdin, { ...options, name: "stdin" });
}
