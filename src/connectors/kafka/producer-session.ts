import { sleep } from "../../core/clock.ts";
import type { Bytes } from "./batch-builder.ts";
import { nameOf, type ProducedPartition, type ProducerIdentity, type TopicPartition } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import { PartitionOutput, type SealedBatch } from "./partition-output.ts";
import type { ProducerOptions } from "./producer-options.ts";
import type { RecordHeader } from "./record-headers.ts";
import { retrying } from "./retrying.ts";
import { TopicLeaders } from "./topic-leaders.ts";

const requestBytesMax = 4 * 1024 * 1024;

/**
 * An idempotent producer: every record is in its partition once and in order, however often a batch has to be sent. One
 * request a broker is under way; what is added meanwhile makes the next, so batches grow with the load by themselves. A
 * broker that is away is tried again until it is back: `full` then holds the pipeline, and nothing is lost.
 */
export class ProducerSession {
  readonly #options: ProducerOptions;
  readonly #outputs = new Map<string, PartitionOutput>();
  readonly #pumps = new Map<number, Promise<void>>();
  readonly #closed = new AbortController();
  #producer: ProducerIdentity;
  readonly #leaders: TopicLeaders;
  #pendingBytes = 0;
  #flushing = false;
  /** The transaction that new records belong to, and the one whose batches may be sent. */
  #round = 0;
  #openRound = 0;
  #failure: KafkaFailure | undefined;
  #settled = Promise.withResolvers<void>();

  constructor(options: ProducerOptions, producer: ProducerIdentity) {
    this.#options = options;
    this.#producer = producer;
    this.#leaders = new TopicLeaders({
      ...options,
      topics: () => [...this.#outputs.values()].map(({ place }) => place.topic),
      onKnown: () => this.#pump(),
      onFailure: (failure) => this.fail(failure),
      signal: this.#closed.signal,
    });
  }

  /** Asks the cluster for an identity. */
  static async open(options: ProducerOptions): Promise<ProducerSession> {
    const { client, clock, random } = options;
    const init = () => client.initProducer(undefined, undefined, 0);
    const also = ["COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE"];
    return new ProducerSession(options, await retrying(init, { clock, random, patienceMs: 60_000, also }));
  }

  /** Whether as much as may waits to be acknowledged, or the session has failed. */
  get full(): boolean {
    return this.#pendingBytes >= this.#options.pendingBytesMax || this.#failure !== undefined;
  }

  /** How many partitions a topic has. Rejects with `UNKNOWN_TOPIC_OR_PARTITION` when it is not there. */
  async partitionsOf(topic: string): Promise<number> {
    const { client, clock, random } = this.#options;
    const found = await retrying(() => client.topics([topic]), { clock, random, patienceMs: 60_000 });
    const info = found.get(topic);
    if (info === undefined) throw new KafkaFailure("UNKNOWN_TOPIC_OR_PARTITION", `there is no topic ${topic}`, false);
    return info.leaders.length;
  }

  /** Takes a record; it is copied. Throws `RecordTooLarge`. Goes out when its batch is full or at the next `flush`. */
  add(
    place: TopicPartition,
    timestamp: number,
    key: Bytes | null,
    value: Bytes | null,
    headers: readonly RecordHeader[] = [],
  ): void {
    const name = nameOf(place);
    let output = this.#outputs.get(name);
    if (output === undefined) this.#outputs.set(name, (output = new PartitionOutput(place, this.#options)));
    const sealedBefore = output.sealed.length;
    this.#pendingBytes += output.add(timestamp, key, value, headers, this.#producer, this.#round);
    if (output.sealed.length > sealedBefore) this.#pump();
  }

  /** Sends what is held back for company. Does not wait. */
  flush(): void {
    this.#flushing = true;
    this.#pump();
  }

  /** Resolves when there is room again; rejects when the session has failed. */
  async drain(): Promise<void> {
    this.flush();
    while (this.full) await this.#progress();
  }

  /** Resolves when everything added before the call is acknowledged by all replicas in sync. */
  async flushed(): Promise<void> {
    const last: SealedBatch[] = [];
    for (const output of this.#outputs.values()) {
      output.seal(this.#producer, this.#round);
      const batch = output.sealed.at(-1);
      if (batch !== undefined) last.push(batch);
    }
    this.#pump();
    const waits = () => last.some((batch) => this.#waitsFor(batch));
    while (waits()) await this.#progress();
  }

  /** Ends the transaction's share of records: what is added from now on is not sent before `openRound` allows it. */
  cut(): void {
    for (const output of this.#outputs.values()) output.seal(this.#producer, this.#round);
    this.#round++;
  }

  /** The transaction before is over: what was added after the cut goes out. */
  openRound(): void {
    this.#openRound = this.#round;
    this.#pump();
  }

  /** Sends nothing more, and resolves when nothing is under way: before a `reset`. */
  async halt(): Promise<void> {
    this.fail(new KafkaFailure("CLIENT", "the transaction is being aborted", false));
    await Promise.all(this.#pumps.values());
  }

  /** Forgets all that is not acknowledged and goes on as `producer`, its sequences from 0. */
  reset(producer: ProducerIdentity): void {
    this.#producer = producer;
    for (const output of this.#outputs.values()) output.reset();
    this.#pendingBytes = 0;
    this.#openRound = this.#round;
    this.#failure = undefined;
    this.#settle();
  }

  /** Ends the session with a failure that is told to whoever waits. */
  fail(failure: KafkaFailure): void {
    this.#failure ??= failure;
    this.#settle();
  }

  /** Stops sending, whatever is pending. Waits for the requests under way. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.fail(new KafkaFailure("CLIENT", "the producer is closed", false));
    await Promise.all(this.#pumps.values());
  }

  #waitsFor(batch: SealedBatch): boolean {
    for (const output of this.#outputs.values()) if (output.sealed.includes(batch)) return true;
    return false;
  }

  async #progress(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    await this.#settled.promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #settle(): void {
    this.#settled.resolve();
    this.#settled = Promise.withResolvers();
  }

  /** Sees to it that every broker that something waits for is being sent to. */
  #pump(): void {
    if (this.#failure !== undefined || this.#closed.signal.aborted) return;
    if (this.#flushing) this.#sealOpen();
    for (const output of this.#outputs.values()) {
      if (!this.#sendable(output)) continue;
      const leader = this.#leaders.of(output.place);
      if (leader === undefined) this.#leaders.refresh();
      else if (!this.#pumps.has(leader)) this.#start(leader);
    }
  }

  #start(leader: number): void {
    const pump = this.#sendAll(leader).finally(() => {
      this.#pumps.delete(leader);
      this.#pump();
    });
    this.#pumps.set(leader, pump);
  }

  /** Only where nothing is on its way: elsewhere the batch may grow until that has arrived. */
  #sealOpen(): void {
    let left = false;
    for (const output of this.#outputs.values()) {
      if (!output.open) continue;
      if (output.sealed.length === 0) output.seal(this.#producer, this.#round);
      else left = true;
    }
    this.#flushing = left;
  }

  #sendable(output: PartitionOutput): boolean {
    const first = output.sealed[0];
    return first !== undefined && !output.inFlight && first.round === this.#openRound;
  }

  async #sendAll(leader: number): Promise<void> {
    const { clock, random, onTrouble } = this.#options;
    let pauseMs = 0;
    while (this.#failure === undefined) {
      if (this.#flushing) this.#sealOpen();
      const outputs = this.#sendableTo(leader);
      if (outputs.length === 0) return;
      const failure = await this.#send(leader, outputs);
      if (failure === undefined) {
        pauseMs = 0;
        continue;
      }
      if (!failure.retryable) return this.fail(failure);
      onTrouble(failure);
      this.#leaders.refresh();
      pauseMs = Math.min(Math.max(2 * pauseMs, 20), 1000);
      await sleep(clock, pauseMs * (0.5 + random.next() / 2), this.#closed.signal);
    }
  }

  #sendableTo(leader: number): PartitionOutput[] {
    const outputs: PartitionOutput[] = [];
    let bytes = 0;
    for (const output of this.#outputs.values()) {
      if (!this.#sendable(output) || this.#leaders.of(output.place) !== leader) continue;
      bytes += output.sealed[0]!.bytes.length;
      if (outputs.length > 0 && bytes > requestBytesMax) break;
      outputs.push(output);
    }
    return outputs;
  }

  async #send(leader: number, outputs: readonly PartitionOutput[]): Promise<KafkaFailure | undefined> {
    const { client, ackTimeoutMs, transaction } = this.#options;
    const batches = outputs.map((output) => ({ ...output.place, batch: output.sealed[0]!.bytes }));
    const sent = new Map(outputs.map((output) => [nameOf(output.place), [output, output.sealed[0]!] as const]));
    for (const output of outputs) output.inFlight = true;
    try {
      await transaction?.register(outputs.map(({ place }) => place));
      const answers = await client.produce(leader, batches, transaction?.transactionalId, ackTimeoutMs);
      const failures = answers.map((answer) => this.#take(answer, sent)).filter((failure) => failure !== undefined);
      return failures.find((failure) => !failure.retryable) ?? failures[0];
    } catch (thrown) {
      return thrown as KafkaFailure;
    } finally {
      for (const output of outputs) output.inFlight = false;
      this.#settle();
    }
  }

  #take(
    answer: ProducedPartition,
    sent: ReadonlyMap<string, readonly [PartitionOutput, SealedBatch]>,
  ): KafkaFailure | undefined {
    const { error, message } = answer;
    const isThere = error === undefined || error === "DUPLICATE_SEQUENCE_NUMBER";
    if (!isThere) {
      const text = `a batch for ${nameOf(answer)} was not taken${message === undefined ? "" : `: ${message}`}`;
      return new KafkaFailure(error, text, !finalErrors.has(error));
    }
    const [output, batch] = sent.get(nameOf(answer)) ?? [];
    if (output?.sealed[0] === batch && batch !== undefined) {
      output?.sealed.shift();
      this.#pendingBytes -= batch.pendingBytes;
    }
    return undefined;
  }
}

/** What no second try mends. */
const finalErrors = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "PRODUCER_FENCED",
  "INVALID_TXN_STATE",
  "INVALID_PRODUCER_ID_MAPPING",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "POLICY_VIOLATION",
]);
