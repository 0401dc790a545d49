import { MillraceError, reasonOf } from "../../core/errors.ts";
import type { RecordInfo } from "../../core/operator.ts";
import { systemRandom } from "../../core/random.ts";
import type { SinkContext, SinkWriter } from "../../core/sink.ts";
import type { Bytes } from "./batch-builder.ts";
import type { KafkaClient } from "./client/kafka-client.ts";
import type { Compression } from "./compression.ts";
import { partitionOfKey } from "./partitioner.ts";
import { ProducerSession } from "./producer-session.ts";
import type { RecordHeader } from "./record-headers.ts";
import { retrying } from "./retrying.ts";

/** The settings of one Kafka sink. */
export interface KafkaWriterSettings<T> {
  readonly topic: string;
  readonly encode: (value: T) => Bytes;
  readonly key: ((value: T, record: RecordInfo) => Bytes | null) | undefined;
  readonly headers: ((value: T, record: RecordInfo) => readonly RecordHeader[]) | undefined;
  readonly compression: Compression;
  readonly batchBytes: number;
  readonly pendingBytesMax: number;
}

const ackTimeoutMs = 30_000;
/** How long a cluster may be away, or not know a topic just made, when the sink is opened. */
const openPatienceMs = 5000;
/** What Kafka's own default is, for a cluster that does not tell. */
const usualBatchBytesMax = 1_048_588;

/** Writes one topic. */
export class KafkaWriter<T> implements SinkWriter<T> {
  readonly #context: SinkContext;
  readonly #client: KafkaClient;
  readonly #settings: KafkaWriterSettings<T>;
  readonly #session: ProducerSession;
  readonly #partitions: number;
  /** Records without a key go to one partition until that has got a batch's worth: many small batches would cost more. */
  #turn = 0;
  #turnBytes = 0;

  private constructor(
    context: SinkContext,
    client: KafkaClient,
    settings: KafkaWriterSettings<T>,
    session: ProducerSession,
    partitions: number,
  ) {
    this.#context = context;
    this.#client = client;
    this.#settings = settings;
    this.#session = session;
    this.#partitions = partitions;
  }

  static async open<T>(
    context: SinkContext,
    client: KafkaClient,
    settings: KafkaWriterSettings<T>,
  ): Promise<KafkaWriter<T>> {
    let session: ProducerSession | undefined;
    const random = systemRandom();
    const also = ["UNKNOWN_TOPIC_OR_PARTITION"];
    const patience = { clock: context.clock, random, patienceMs: openPatienceMs, also };
    try {
      const limit = (await retrying(() => client.topicSettings(settings.topic), patience)).get("max.message.bytes");
      session = await ProducerSession.open({
        ...settings,
        client,
        clock: context.clock,
        random,
        batchBytesMax: Number(limit ?? usualBatchBytesMax),
        transactional: false,
        ackTimeoutMs,
        onTrouble: (failure) => context.meter.warn("kafka", failure.message),
      });
      const opened = session;
      const partitions = await retrying(() => opened.partitionsOf(settings.topic), patience);
      return new KafkaWriter(context, client, settings, session, partitions);
    } catch (cause) {
      await session?.close();
      await client.close();
      throw unwritable(settings.topic, cause);
    }
  }

  get full(): boolean {
    return this.#session.full;
  }

  write(value: T, record: RecordInfo): void {
    const { topic, encode, key: keyOf, headers } = this.#settings;
    const bytes = encode(value);
    const key = keyOf?.(value, record) ?? null;
    const partition = key === null ? this.#nextTurn(bytes.length) : partitionOfKey(asBytes(key), this.#partitions);
    const time = Number.isFinite(record.time) ? Math.floor(record.time) : this.#context.clock.now();
    this.#session.add({ topic, partition }, time, key, bytes, headers?.(value, record));
  }

  flush(): void {
    this.#session.flush();
  }

  drain(): Promise<void> {
    return this.#guarded(() => this.#session.drain());
  }

  async prepare(): Promise<unknown> {
    await this.#guarded(() => this.#session.flushed());
    return null;
  }

  async close(): Promise<void> {
    // Connections first: a request that waits for a broker would wait to its end.
    await this.#client.close();
    await this.#session.close();
  }

  #nextTurn(bytes: number): number {
    this.#turnBytes += bytes;
    if (this.#turnBytes > this.#settings.batchBytes) {
      this.#turnBytes = 0;
      this.#turn = (this.#turn + 1) % this.#partitions;
    }
    return this.#turn;
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw unwritable(this.#settings.topic, cause);
    }
  }
}

function asBytes(key: Bytes): Uint8Array {
  return typeof key === "string" ? Buffer.from(key) : key;
}

function unwritable(topic: string, cause: unknown): MillraceError {
  return new MillraceError("ML4001", { message: `topic ${topic} cannot be written: ${reasonOf(cause)}`, cause });
}
