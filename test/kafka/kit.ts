import type { Bytes } from "../../src/connectors/kafka/batch-builder.ts";
import type { KafkaClient, TopicPartition } from "../../src/connectors/kafka/client/kafka-client.ts";
import type { KafkaFailure } from "../../src/connectors/kafka/client/kafka-failure.ts";
import { Fetcher, type FetcherOptions } from "../../src/connectors/kafka/fetcher.ts";
import { openClient } from "../../src/connectors/kafka/kafka-options.ts";
import type { OutgoingRecord } from "../../src/connectors/kafka/outgoing-record.ts";
import type { ProducerOptions } from "../../src/connectors/kafka/producer-options.ts";
import { ProducerSession } from "../../src/connectors/kafka/producer-session.ts";
import { RecordBatches } from "../../src/connectors/kafka/record-batches.ts";
import { RecordColumns } from "../../src/connectors/kafka/record-columns.ts";
import { type RecordHeader, readHeaders } from "../../src/connectors/kafka/record-headers.ts";
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
  return openClient({ brokers, clientId: "millrace-test" }, clock);
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

/** A record that is to be written. */
export function recordOf(
  place: TopicPartition,
  timestamp: number,
  key: Bytes | null,
  value: Bytes | null,
  headers?: readonly RecordHeader[],
): OutgoingRecord {
  return { place, timestamp, key, value, headers };
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
    producer.add(recordOf({ topic, partition: i % (options.partitions ?? 1) }, 1000 + i, `k${i}`, `v${i}`));
    if (producer.full) await producer.drain();
  }
  await producer.flushed();
  await producer.close();
}

type ReadOptions = Partial<FetcherOptions> & { readonly toDecided?: boolean };

/**
 * All records from the beginning to the end offsets as they are now, partition by partition in order. `toDecided`: no further
 * than all transactions are decided.
 */
export async function readTopic(client: KafkaClient, topic: string, options: ReadOptions = {}): Promise<SeenRecord[]> {
  const seen: SeenRecord[] = [];
  for await (const piece of piecesOf(client, topic, options)) seen.push(...recordsOf(piece));
  return seen.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** A record's value and headers, as texts. */
export interface RecordWithHeaders {
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** As {@link readTopic}, in no order, of records that have a value. */
export async function readWithHeaders(client: KafkaClient, topic: string): Promise<RecordWithHeaders[]> {
  const seen: RecordWithHeaders[] = [];
  for await (const piece of piecesOf(client, topic, {})) {
    for (const { columns, i } of eachOf(piece)) {
      const headers = readHeaders(columns.buffer, columns.headers[i]!);
      const texts = headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()]);
      seen.push({ value: textOf(columns, columns.bounds, i), headers: Object.fromEntries(texts) });
    }
  }
  return seen;
}

async function* piecesOf(client: KafkaClient, topic: string, options: ReadOptions) {
  const info = (await client.topics([topic])).get(topic)!;
  const places = info.leaders.map((_, partition): TopicPartition => ({ topic, partition }));
  // Of all records: those of a transaction that was just committed count as open until its markers are written.
  const ends = await client.offsets(places, "latest", options.toDecided ?? false);
  const fetcher = fetcherOf(client, options);
  const left = new Set(
    places.filter((place) => (ends.get(`${topic}-${place.partition}`) ?? 0) > 0).map((p) => p.partition),
  );
  for (const partition of left) fetcher.add({ topic, partition }, 0);
  while (left.size > 0) {
    const piece = await fetcher.next();
    if ("failure" in piece) throw piece.failure;
    yield piece;
    if (piece.nextOffset >= ends.get(`${topic}-${piece.place.partition}`)!) left.delete(piece.place.partition);
  }
  await fetcher.close();
}

type Piece = Exclude<Awaited<ReturnType<Fetcher["next"]>>, { failure: KafkaFailure }>;

/** The records of what a fetch brought. */
export function recordsOf(piece: Piece): SeenRecord[] {
  const seen: SeenRecord[] = [];
  for (const { columns, i } of eachOf(piece)) {
    seen.push({
      partition: piece.place.partition,
      offset: columns.offsets[i]!,
      key: columns.keys[2 * i]! < 0 ? null : textOf(columns, columns.keys, i),
      value: columns.nulls.includes(i) ? null : textOf(columns, columns.bounds, i),
    });
  }
  return seen;
}

function* eachOf(piece: Piece) {
  const batches = new RecordBatches(piece);
  const columns = new RecordColumns(1000);
  while (batches.next(columns)) for (let i = 0; i < columns.size; i++) yield { columns, i };
}

function textOf({ buffer }: RecordColumns, bounds: Int32Array, i: number): string {
  return buffer.toString("utf8", bounds[2 * i], bounds[2 * i + 1]);
}

/** `v0` to `v(count - 1)`. */
export function values(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `v${i}`);
}
