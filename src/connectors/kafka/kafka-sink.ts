import { recordBytes, type SinkEncoder } from "../../codecs/record-encoder.ts";
import { MillraceError } from "../../core/errors.ts";
import type { RecordInfo } from "../../core/operator.ts";
import type { Sink, SinkContext, SinkTraits, SinkWriter } from "../../core/sink.ts";
import type { Bytes } from "./batch-builder.ts";
import { type Compression, compressions } from "./compression.ts";
import { type KafkaOptions, openClient } from "./kafka-options.ts";
import { KafkaWriter, type KafkaWriterSettings } from "./kafka-writer.ts";
import type { RecordHeader } from "./record-headers.ts";
import type { TaskOutput } from "./task/task-output.ts";
import { TaskWriter } from "./task/task-writer.ts";

/** What {@link kafkaSink} takes. */
export interface KafkaSinkOptions<T> extends KafkaOptions {
  readonly topic: string;
  /** A value's bytes. Default JSON. */
  readonly encoder?: SinkEncoder<T>;
  /** A record's key; the same key goes to the same partition as with Java's clients. Default none: partitions in turns. */
  readonly key?: (value: T, record: RecordInfo) => Bytes | null;
  readonly headers?: (value: T, record: RecordInfo) => readonly RecordHeader[];
  /**
   * What time records carry, for retention and for who looks records up by time: `"wall"` (default), when they were written, or
   * `"event"`, the record's event time where there is one. A broker drops by that time what is older than its retention, and refuses what is
   * an hour ahead of its clock, so that results of a replayed past, or of clocks that are wrong, want the first. A broker that is
   * restarted also forgets what a producer has sent by that time: event times of more than a day ago may then be written twice,
   * outside of transactions.
   */
  readonly time?: "wall" | "event";
  /** What batches are packed with. Default `"zstd"`. */
  readonly compression?: Compression;
  /** A batch goes out when it has so many bytes before compression, or when nothing more comes for now. Default 256 KiB. */
  readonly batchBytes?: number;
  /** How much may wait to be acknowledged before the pipeline waits. Default 8 MiB. */
  readonly pendingBytesMax?: number;
}

/** A topic as a sink; see {@link kafkaSink}. */
export class KafkaSink<in T> implements Sink<T> {
  readonly traits: SinkTraits;
  readonly settings: KafkaWriterSettings<T>;
  /** How its cluster is reached. */
  readonly cluster: KafkaOptions;

  constructor(cluster: KafkaOptions, settings: KafkaWriterSettings<T>) {
    this.cluster = cluster;
    this.settings = settings;
    this.traits = { name: `kafka ${settings.topic}`, delivery: "at-least-once" };
  }

  open(context: SinkContext): Promise<SinkWriter<T>> {
    return KafkaWriter.open(context, openClient(this.cluster, context.clock), this.settings);
  }

  /** The same sink as part of a task's output, with what that promises. How batches are made is the output's to say. */
  forTask(output: TaskOutput): Sink<T> {
    const traits: SinkTraits = { name: this.traits.name, delivery: output.guarantee };
    return { traits, open: (context) => TaskWriter.open(context, output, this.settings) };
  }
}

/**
 * A topic, one record a value. Every record is acknowledged by all replicas in
 * sync (`acks=all`) before a checkpoint counts it, and is written once however often it had to be sent. What was written
 * after the last checkpoint before a crash is written again: at-least-once.
 *
 * A broker that is away is tried until it is back, while the pipeline is held back. A record larger than the topic takes
 * fails the step at that record. Opening rejects with `ML4001` when the topic is not there.
 */
export function kafkaSink<T = unknown>(options: KafkaSinkOptions<T>): KafkaSink<T> {
  const compression = options.compression ?? "zstd";
  if (!compressions.includes(compression)) {
    const message = `compression is ${JSON.stringify(compression)}; give one of ${compressions.join(", ")}`;
    throw new MillraceError("ML1002", { message });
  }
  return new KafkaSink<T>(options, {
    topic: options.topic,
    encode: recordBytes<T>(options.encoder),
    key: options.key,
    headers: options.headers,
    time: options.time ?? "wall",
    compression,
    batchBytes: options.batchBytes ?? 256 * 1024,
    pendingBytesMax: options.pendingBytesMax ?? 8 * 1024 * 1024,
  });
}
