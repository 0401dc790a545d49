import type { Writable } from "node:stream";
import type { Sink } from "../../core/sink.ts";
import { type WriteOptions, writeSettings } from "./sink-encoder.ts";
import { StreamWriter } from "./stream-writer.ts";

/** What {@link streamSink} takes besides the stream. */
export interface StreamSinkOptions<T> extends WriteOptions<T> {
  /** What to call it. Default `"stream"`. */
  readonly name?: string;
  /** Whether the stream is ended when the sink is closed. Default true. */
  readonly end?: boolean;
}

/**
 * Any Node stream of bytes. At-least-once: what went out cannot be taken back. A reader that is slow makes the pipeline
 * wait. When it goes away the next `drain` or `prepare` rejects with `ML4001` whose `cause` has the code `EPIPE`.
 *
 * `writable` is called when the sink is opened.
 */
export function streamSink<T = unknown>(writable: () => Writable, options: StreamSinkOptions<T> = {}): Sink<T> {
  const settings = writeSettings(options);
  const name = options.name ?? "stream";
  return {
    traits: { name, delivery: "at-least-once" },
    open: () => Promise.resolve(new StreamWriter(writable(), { name, end: options.end ?? true, ...settings })),
  };
}

/** What the process prints, left open when the sink is closed. See {@link streamSink}. */
export function stdoutSink<T = unknown>(options: WriteOptions<T> = {}): Sink<T> {
  return streamSink(() => process.stdout, { ...options, name: "stdout", end: false });
}
