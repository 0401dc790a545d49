export { type CsvOptions, type CsvRow, csv } from "./codecs/csv.ts";
export type { CsvColumn } from "./codecs/csv-columns.ts";
export { csvFraming } from "./codecs/csv-framing.ts";
export { deadLetterLines } from "./codecs/dead-letter.ts";
export { type Framer, type Frames, type Framing, withHeader } from "./codecs/framing.ts";
export { json } from "./codecs/json/index.ts";
export { lengthPrefixed } from "./codecs/length-prefixed.ts";
export { lines } from "./codecs/lines.ts";
export { jsonText, type RecordEncoder, rawLines, type SinkEncoder } from "./codecs/record-encoder.ts";
export { type Clock, sleep, systemClock, type Timer } from "./core/clock.ts";
export { type Codec, type Decoder, type Encoder, Malformed } from "./core/codec.ts";
export type { DeadLetter } from "./core/dead-letter.ts";
export type { Disk, DiskFile } from "./core/disk.ts";
export { type Duration, durationMs, durationText } from "./core/duration.ts";
export { type ErrorCode, errorCodes, MillraceError, reasonOf } from "./core/errors.ts";
export { limits } from "./core/limits.ts";
export type { Counter, Meter } from "./core/meter.ts";
export { nodeDisk } from "./core/node-disk.ts";
export type {
  KeptRecord,
  OnError,
  Operator,
  OperatorContext,
  PartialResult,
  RecordInfo,
  Spread,
  Task,
} from "./core/operator.ts";
export { type Random, seededRandom, systemRandom } from "./core/random.ts";
export { type Batch, type ByteBatch, type Partition, type Position, Slice, type ValueBatch } from "./core/records.ts";
export type { Delivery, Sink, SinkContext, SinkTraits, SinkWriter } from "./core/sink.ts";
export type { Announce, Source, SourceContext, SourceProgress, SourceReader, SourceTraits } from "./core/source.ts";
export type { ChangeLog, Checkpoint, CheckpointStore, Stateful, StoreChanges } from "./core/state.ts";
export type { Stage, StageEnds, StageInput } from "./distributed/stage.ts";
export { stagesOf } from "./distributed/stages.ts";
export { stagesText } from "./distributed/stages-text.ts";
export * from "./observe/index.ts";
export * from "./operators/aggregates/index.ts";
export type { DecodeOptions } from "./operators/decode.ts";
export type { EventTimeOptions } from "./operators/event-time.ts";
export type { Exchanged } from "./operators/exchange/exchanged.ts";
export type { JournalOptions } from "./operators/journal.ts";
export type { Key } from "./operators/key-by.ts";
export type { StepOptions } from "./operators/map.ts";
export type { CallInfo, MapAsyncOptions } from "./operators/map-async.ts";
export type { KeyedValue, ProcessContext, Processor, ProcessTask } from "./operators/process.ts";
export type { ResequenceOptions } from "./operators/resequence-settings.ts";
export type { RetryPolicy } from "./operators/retry.ts";
export type {
  Aggregated,
  AggregateResults,
  Aggregates,
  LateOptions,
  LateRecord,
  WindowInfo,
} from "./operators/window.ts";
export { planMermaid, planText } from "./plan/describe.ts";
export type { Plan, Step } from "./plan/plan.ts";
export { Job, type JobOptions } from "./runtime/job.ts";
export type { Platform } from "./runtime/platform.ts";
export type { RunningPipeline } from "./runtime/running-pipeline.ts";
export {
  folderCheckpoints,
  type KeyedStore,
  keyedStore,
  type StoreOptions,
  type ValueCodec,
  type ValueStore,
  valueStore,
} from "./state/index.ts";
export { type ExplainOptions, Pipeline } from "./stream/pipeline.ts";
export type { RunOptions } from "./stream/run.ts";
export { Stream, stream } from "./stream/stream.ts";
export { hopping, session, tumbling, type Windows } from "./time/windows.ts";
