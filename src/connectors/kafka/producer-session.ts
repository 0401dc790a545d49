import { BatchSender } from "./batch-sender.ts";
import { nameOf, type ProducerIdentity, type TopicPartition } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import type { OutgoingRecord } from "./outgoing-record.ts";
import { PartitionOutput, type SealedBatch } from "./partition-output.ts";
import type { ProducerOptions } from "./producer-options.ts";
import { type Patience, retrying } from "./retrying.ts";
import { TopicLimits } from "./topic-limits.ts";

/** How long a cluster may be away when something is asked of it before the first record. */
const askPatienceMs = 60_000;

/**
 * An idempotent producer: every record is in its partition once and in order, however often a batch has to be sent. One
 * request a broker is under way; what is added meanwhile makes the next, so batches grow with the load by themselves. A
 * broker that is away is tried again until it is back: `full` then holds the pipeline, and nothing is lost.
 *
 * Records come in shares: `cut` ends one, `cutFlushed` tells when it is safe, and what comes after a cut goes out once
 * `openRound` says so, since it may belong to another transaction.
 */
export class ProducerSession {
  readonly #options: ProducerOptions;
  readonly #outputs = new Map<string, PartitionOutput>();
  readonly #sender: BatchSender;
  readonly #limits: TopicLimits;
  #producer: ProducerIdentity;
  #pendingBytes = 0;
  /** Of these, what was added since the last cut. */
  #laterBytes = 0;
  /** The share that new records belong to, and the last one whose batches may be sent. */
  #round = 0;
  #openRound = 0;
  #settled = Promise.withResolvers<void>();

  constructor(options: ProducerOptions, producer: ProducerIdentity) {
    const { client, clock, random } = options;
    this.#options = options;
    this.#producer = producer;
    this.#limits = new TopicLimits(client, { clock, random, patienceMs: askPatienceMs });
    this.#sender = new BatchSender(options, this.#outputs, {
      mayGo: ({ round }) => round <= this.#openRound,
      onAcknowledged: (batch) => this.#acknowledged(batch),
      onSettled: () => this.#settle(),
    });
  }

  /** Asks the cluster for an identity; where it is away, for a minute unless told. */
  static async open(options: ProducerOptions, patience?: Patience): Promise<ProducerSession> {
    const { client, clock, random, onTrouble } = options;
    const init = () => client.initProducer(undefined, undefined, 0);
    const also = ["COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE"];
    const usual = { clock, random, patienceMs: askPatienceMs, onRetry: onTrouble };
    return new ProducerSession(options, await retrying(init, { ...(patience ?? usual), also }));
  }

  /** Whether as much as may waits to be acknowledged, or the session has failed. */
  get full(): boolean {
    return this.#pendingBytes >= this.#options.pendingBytesMax || this.#sender.failure !== undefined;
  }

  /** Whether as much as may of what was added before the cut waits to be acknowledged, or the session has failed. */
  get cutFull(): boolean {
    return this.#pendingBytes - this.#laterBytes >= this.#options.pendingBytesMax || this.#sender.failure !== undefined;
  }

  /**
   * How many partitions a topic has; its own limit on batches counts from now on. Rejects with `UNKNOWN_TOPIC_OR_PARTITION`
   * when it is not there.
   */
  partitionsOf(topic: string): Promise<number> {
    return this.#limits.partitionsOf(topic);
  }

  /** Takes a record; it is copied. Throws `RecordTooLarge`. Goes out when its batch is full or at the next `flush`. */
  add(record: OutgoingRecord): void {
    this.#laterBytes += this.#add(this.#round, record);
  }

  /** Like `add`, but into the share that ended with the last `cut`; to partitions that nothing was added to since. */
  addToCut(record: OutgoingRecord): void {
    this.#add(this.#round - 1, record);
  }

  /** Sends what is held back for company. Does not wait. */
  flush(): void {
    this.#sender.flush();
  }

  /** Resolves when there is room again; rejects when the session has failed. */
  async drain(): Promise<void> {
    this.flush();
    while (this.full) await this.#progress();
  }

  /** Resolves when everything added before the call is acknowledged by all replicas in sync. */
  async flushed(): Promise<void> {
    this.cut();
    this.openRound();
    await this.cutFlushed();
  }

  /** Ends a share of records: what is added from now on is not sent before `openRound` allows it. */
  cut(): void {
    this.#sealAll();
    this.#laterBytes = 0;
    this.#round++;
    this.#sender.pump();
  }

  /** Resolves when there is room again for what is added to the share that was cut; rejects when the session has failed. */
  async drainCut(): Promise<void> {
    this.flush();
    while (this.cutFull) await this.#progress();
  }

  /** Resolves when everything that belongs to the share that was cut is acknowledged by all replicas in sync. */
  async cutFlushed(): Promise<void> {
    const round = this.#round;
    this.#sealAll();
    this.#sender.pump();
    const waits = ({ sealed }: PartitionOutput) => sealed[0] !== undefined && sealed[0].round < round;
    while ([...this.#outputs.values()].some(waits)) await this.#progress();
  }

  /** What was added after the cut goes out: the transaction before is over, or there are none. */
  openRound(): void {
    this.#openRound = this.#round;
    this.#sender.pump();
  }

  /** Sends nothing more, and resolves when nothing is under way: before a `reset`. */
  async halt(): Promise<void> {
    this.fail(new KafkaFailure("CLIENT", "the transaction is being aborted", false));
    await this.#sender.settled();
  }

  /** Forgets all that is not acknowledged and goes on as `producer`, its sequences from 0. */
  reset(producer: ProducerIdentity): void {
    this.#producer = producer;
    for (const output of this.#outputs.values()) output.reset(producer);
    this.#pendingBytes = 0;
    this.#laterBytes = 0;
    this.#openRound = this.#round;
    this.#sender.goOn();
  }

  /** Ends the session with a failure that is told to whoever waits. */
  fail(failure: KafkaFailure): void {
    this.#sender.fail(failure);
  }

  /** Stops sending, whatever is pending. Waits a moment for the requests under way. */
  close(): Promise<void> {
    return this.#sender.close();
  }

  #add(round: number, record: OutgoingRecord): number {
    const output = this.#outputFor(record.place);
    const sealedBefore = output.sealed.length;
    const bytes = output.add(record, round);
    this.#pendingBytes += bytes;
    if (output.sealed.length > sealedBefore) this.#sender.pump();
    return bytes;
  }

  #outputFor(place: TopicPartition): PartitionOutput {
    const name = nameOf(place);
    let output = this.#outputs.get(name);
    if (output === undefined) {
      const batchBytesMax = this.#limits.batchBytesMax(place.topic) ?? this.#options.batchBytesMax;
      output = new PartitionOutput(place, { ...this.#options, batchBytesMax }, this.#producer);
      this.#outputs.set(name, output);
    }
    return output;
  }

  #sealAll(): void {
    for (const output of this.#outputs.values()) output.seal();
  }

  #acknowledged(batch: SealedBatch): void {
    this.#pendingBytes -= batch.pendingBytes;
    if (batch.round === this.#round) this.#laterBytes -= batch.pendingBytes;
  }

  async #progress(): Promise<void> {
    if (this.#sender.failure !== undefined) throw this.#sender.failure;
    await this.#settled.promise;
    if (this.#sender.failure !== undefined) throw this.#sender.failure;
  }

  #settle(): void {
    this.#settled.resolve();
    this.#settled = Promise.withResolvers();
  }
}
