import type { KafkaClient, TopicPartition } from "../../src/connectors/kafka/client/kafka-client.ts";
import type { KafkaFailure } from "../../src/connectors/kafka/client/kafka-failure.ts";
import { PlatformaticClient } from "../../src/connectors/kafka/client/platformatic-client.ts";
import { Fetcher, type FetcherOptions } from "../../src/connectors/kafka/fetcher.ts";
import type { ProducerOptions } from "../../src/connectors/kafka/producer-options.ts";
import { ProducerSession } from "../../src/connectors/kafka/producer-session.ts";
import { RecordBatches } from "../../src/connectors/kafka/record-batches.ts";
import { RecordColumns } from "../../src/connectors/kafka/record-columns.ts";
import { type TransactionOptions, TransactionSession } from "../../src/connectors/kafka/transaction-session.ts";
import { systemClock } from "../../src/core/clock.ts";
import { seededRandom } from "../../src/core/random.ts";
import { freshName } from "./broker.ts";

/** A record as tests look at it. */
export interface SeenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

export const clock = systemClock;
export const random = seededRandom(1);

/** A client of the broker. */
export function clientOf(brokers: string): KafkaClient {
  return new PlatformaticClient({
    bootstrap: brokers.split(","),
    clientId: "millrace-test",
    connectTimeoutMs: 5000,
    requestTimeoutMs: 30_000,
    waitTimeoutMs: 120_000,
  });
}

/** Makes a topic of its own for a test. */
export async function freshTopic(
  client: KafkaClient,
  partitions = 1,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = freshName("topic");
  await client.createTopics([{ name, partitions, replicas: -1, settings }], 30_000);
  // Some of the broker's parts learn of it later than others.
  while (!(await client.topics([name])).has(name)) await clock.turn();
  return name;
}

/** A fetcher with small bounds, so that several fetches are needed for little. */
export function fetcherOf(client: KafkaClient, options: Partial<FetcherOptions> = {}): Fetcher {
  return new Fetcher({
    client,
    clock,
    random,
    fetchBytes: 64 * 1024,
    inFlightBytesMax: 1024 * 1024,
    maxWaitMs: 200,
    committedOnly: true,
    onTrouble: () => {},
    ...options,
  });
}

const producerSettings = {
  clock,
  random,
  compression: "none",
  batchBytes: 16 * 1024,
  batchBytesMax: 1_000_000,
  pendingBytesMax: 256 * 1024,
  ackTimeoutMs: 10_000,
  onTrouble: () => {},
} as const;

export function producerOf(client: KafkaClient, options: Partial<ProducerOptions> = {}): Promise<ProducerSession> {
  return ProducerSession.open({ client, ...producerSettings, transactional: false, ...options });
}

export function transactionsOf(
  client: KafkaClient,
  transactionalId: string,
  options: Partial<TransactionOptions> = {},
): Promise<TransactionSession> {
  return TransactionSession.open({
    client,
    ...producerSettings,
    transactionalId,
    transactionTimeoutMs: 60_000,
    ...options,
  });
}

/** Writes values, `v0` on, in turns to the partitions of a topic, and waits until they are there. */
export async function produce(
  client: KafkaClient,
  topic: string,
  count: number,
  options: Partial<ProducerOptions> & { readonly partitions?: number } = {},
): Promise<void> {
  const producer = await producerOf(client, options);
  for (let i = 0; i < count; i++) {
    producer.add({ topic, partition: i % (options.partitions ?? 1) }, 1000 + i, `k${i}`, `v${i}`);
    if (producer.full) await producer.drain();
  }
  await producer.flushed();
  await producer.close();
}

/**
 * All records from the beginning to the end offsets as they are now, partition by partition in order. `toDecided`: no further
 * than all transactions are decided.
 */
export async function readTopic(
  client: KafkaClient,
  topic: string,
  options: Partial<FetcherOptions> & { readonly toDecided?: boolean } = {},
): Promise<SeenRecord[]> {
  const info = (await client.topics([topic])).get(topic)!;
  const places = info.leaders.map((_, partition): TopicPartition => ({ topic, partition }));
  // Of all records: those of a transaction that was just committed count as open until its markers are written.
  const ends = await client.offsets(places, "latest", options.toDecided ?? false);
  const fetcher = fetcherOf(client, options);
  const left = new Set(
    places.filter((place) => (ends.get(`${topic}-${place.partition}`) ?? 0) > 0).map((p) => p.partition),
  );
  for (const partition of left) fetcher.add({ topic, partition }, 0);
  const seen: SeenRecord[] = [];
  while (left.size > 0) {
    const piece = await fetcher.next();
    if ("failure" in piece) throw piece.failure;
    seen.push(...recordsOf(piece));
    if (piece.nextOffset >= ends.get(`${topic}-${piece.place.partition}`)!) left.delete(piece.place.partition);
  }
  await fetcher.close();
  return seen.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** The records of what a fetch brought. */
export function recordsOf(
  piece: Exclude<Awaited<ReturnType<Fetcher["next"]>>, { failure: KafkaFailure }>,
): SeenRecord[] {
  const batches = new RecordBatches(piece);
  const columns = new RecordColumns(1000);
  const seen: SeenRecord[] = [];
  while (batches.next(columns)) {
    const text = (bounds: Int32Array, i: number) => columns.buffer.toString("utf8", bounds[2 * i], bounds[2 * i + 1]);
    for (let i = 0; i < columns.size; i++) {
      seen.push({
        partition: piece.place.partition,
        offset: columns.offsets[i]!,
        key: columns.keys[2 * i]! < 0 ? null : text(columns.keys, i),
        value: columns.nulls.includes(i) ? null : text(columns.bounds, i),
      });
    }
  }
  return seen;
}

/** `v0` to `v(count - 1)`. */
export function values(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `v${i}`);
}
