/** Files, standard input and output, and Node streams: `millrace/file`. */
export { type FileSinkOptions, fileSink } from "./file-sink.ts";
export { type FileSourceOptions, fileSource } from "./file-source.ts";
export type { RecordOptions } from "./read-settings.ts";
export type { WriteOptions } from "./sink-encoder.ts";
export { type StreamSinkOptions, stdoutSink, streamSink } from "./stream-sink.ts";
export { type StreamSourceOptions, stdinSource, streamSource } from "./stream-source.ts";
