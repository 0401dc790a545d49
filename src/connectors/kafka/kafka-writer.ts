import type { RecordInfo } from "../../core/operator.ts";
import { systemRandom } from "../../core/random.ts";
import type { SinkContext, SinkWriter } from "../../core/sink.ts";
import type { KafkaClient } from "./client/kafka-client.ts";
import type { KafkaFailure } from "./client/kafka-failure.ts";
import type { Compression } from "./compression.ts";
import { openPatience } from "./open-patience.ts";
import { ProducerSession } from "./producer-session.ts";
import { retrying } from "./retrying.ts";
import { type RecordSettings, TopicRecords } from "./topic-records.ts";
import { unwritable } from "./unwritable.ts";

/** The settings of one Kafka sink. */
export interface KafkaWriterSettings<T> extends RecordSettings<T> {
  readonly compression: Compression;
  readonly pendingBytesMax: number;
}

const ackTimeoutMs = 30_000;
/** What Kafka's own default is, for a cluster that does not tell. */
const usualBatchBytesMax = 1_048_588;

/** Writes one topic. */
export class KafkaWriter<T> implements SinkWriter<T> {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #session: ProducerSession;
  readonly #records: TopicRecords<T>;

  private constructor(client: KafkaClient, topic: string, session: ProducerSession, records: TopicRecords<T>) {
    this.#client = client;
    this.#topic = topic;
    this.#session = session;
    this.#records = records;
  }

  static async open<T>(
    context: SinkContext,
    client: KafkaClient,
    settings: KafkaWriterSettings<T>,
  ): Promise<KafkaWriter<T>> {
    const { topic } = settings;
    const { clock, signal } = context;
    let session: ProducerSession | undefined;
    const random = systemRandom();
    const tell = (message: string) => context.meter.warn("kafka", message);
    const patience = openPatience({ clock, random, signal, also: ["UNKNOWN_TOPIC_OR_PARTITION"], tell });
    try {
      const producer = {
        ...settings,
        client,
        clock,
        random,
        batchBytesMax: usualBatchBytesMax,
        transactional: false,
        ackTimeoutMs,
        onTrouble: (failure: KafkaFailure) => tell(failure.message),
      };
      const opened = (session = await ProducerSession.open(producer, patience));
      const partitions = await retrying(() => opened.partitionsOf(topic), patience);
      return new KafkaWriter(client, topic, session, new TopicRecords(settings, partitions, clock, session));
    } catch (cause) {
      await session?.close();
      await client.close();
      throw unwritable(topic, cause);
    }
  }

  get full(): boolean {
    return this.#session.full;
  }

  write(value: T, record: RecordInfo): void {
    this.#records.write(value, record);
  }

  flush(): void {
    this.#session.flush();
  }

  drain(): Promise<void> {
    return told(this.#topic, () => this.#session.drain());
  }

  async prepare(): Promise<unknown> {
    await told(this.#topic, () => this.#session.flushed());
    return null;
  }

  async close(): Promise<void> {
    // Connections first: a request that waits for a broker would wait to its end.
    await this.#client.close();
    await this.#session.close();
  }
}

async function told(topic: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw unwritable(topic, cause);
  }
}
