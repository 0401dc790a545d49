import type { Clock } from "../../core/clock.ts";
import type { Random } from "../../core/random.ts";
import {
  type GroupMembership,
  nameOf,
  type PartitionOffset,
  type ProducerIdentity,
  type TopicPartition,
  type TransactionalProducer,
} from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import { Coordinator } from "./coordinator.ts";
import type { OutgoingRecord } from "./outgoing-record.ts";
import type { ProducerOptions } from "./producer-options.ts";
import { ProducerSession } from "./producer-session.ts";
import { briefly, type Patience } from "./retrying.ts";

/** How a transactional producer is set. */
export interface TransactionOptions extends Omit<ProducerOptions, "transaction" | "transactional"> {
  /** Names the producer over restarts: whoever opens it anew ends what the one before left open, and fences it. */
  readonly transactionalId: string;
  /** After so long without an end the broker aborts a transaction, and readers get past it. At least the longest interval. */
  readonly transactionTimeoutMs: number;
}

/** The offsets that move together with what a transaction writes. */
export interface TransactionOffsets {
  readonly member: GroupMembership;
  readonly offsets: readonly PartitionOffset[];
}

/** How long a call of a transaction is tried for at the least, however old the transaction is. */
const patienceMsMin = 1000;
/** The coordinator still writes the markers of the transaction before: a matter of milliseconds. */
const markersPauseMs = 1;

/**
 * Writes in transactions, one after another: records, and the offsets of what they were made from. A transaction begins
 * with the first record; with nothing to write there is none. What is added while a commit is under way belongs to the next
 * one, and waits here for its turn. Nothing is tried for longer than the broker keeps the transaction.
 */
export class TransactionSession {
  readonly #options: TransactionOptions;
  readonly #coordinator: Coordinator;
  readonly #groups = new Map<string, Coordinator>();
  readonly #session: ProducerSession;
  readonly #registered = new Set<string>();
  #producer: TransactionalProducer;
  /** When the transaction under way began at the latest. */
  #beganAt = 0;
  /** Whether the share to commit has been cut already. */
  #isCut = false;
  #registering: Promise<void> = Promise.resolve();

  private constructor(options: TransactionOptions, coordinator: Coordinator, producer: ProducerIdentity) {
    const { transactionalId } = options;
    this.#options = options;
    this.#coordinator = coordinator;
    this.#producer = { ...producer, transactionalId };
    const register = (places: readonly TopicPartition[]) => this.#register(places);
    this.#session = new ProducerSession(
      { ...options, transactional: true, transaction: { transactionalId, register } },
      producer,
    );
  }

  /** Takes the transactional id over: what an earlier owner left open is aborted before this resolves. */
  static async open(options: TransactionOptions): Promise<TransactionSession> {
    const { client, transactionalId } = options;
    const coordinator = new Coordinator(client, "transaction", transactionalId);
    return new TransactionSession(options, coordinator, await initialised(options, coordinator));
  }

  get full(): boolean {
    return this.#session.full;
  }

  partitionsOf(topic: string): Promise<number> {
    return this.#session.partitionsOf(topic);
  }

  /** Takes a record into the transaction under way, or the next one while that is being committed. */
  add(record: OutgoingRecord): void {
    this.#session.add(record);
  }

  get cutFull(): boolean {
    return this.#session.cutFull;
  }

  /** Like `add`, but into the share that was cut and is not committed yet; see `ProducerSession.addToCut`. */
  addToCut(record: OutgoingRecord): void {
    this.#session.addToCut(record);
  }

  drainCut(): Promise<void> {
    return this.#session.drainCut();
  }

  flush(): void {
    this.#session.flush();
  }

  drain(): Promise<void> {
    return this.#session.drain();
  }

  /** Ends the share of the next `commit`: what is added from now on belongs to the transaction after it. */
  cut(): void {
    this.#session.cut();
    this.#isCut = true;
  }

  /**
   * Commits everything added before the cut, or before the call when there was none, and with it the offsets, or nothing at
   * all. Rejects when that failed: then `abort`, or, when `isFenced`, end. Calls do not overlap.
   */
  async commit(offsets: readonly TransactionOffsets[] = []): Promise<void> {
    if (!this.#isCut) this.cut();
    this.#isCut = false;
    try {
      await this.#commitCut(offsets);
    } catch (thrown) {
      // Nothing of this session goes on: who waits for room must not wait for ever.
      if (thrown instanceof KafkaFailure) this.#session.fail(thrown);
      throw thrown;
    }
    this.#session.openRound();
  }

  async #commitCut(offsets: readonly TransactionOffsets[]): Promise<void> {
    await this.#session.cutFlushed();
    for (const { member, offsets: moved } of offsets) if (moved.length > 0) await this.#addOffsets(member, moved);
    if (this.#registered.size === 0) return;
    await this.#call((node) => this.#options.client.endTransaction(node, this.#producer, true));
    this.#registered.clear();
  }

  /**
   * Drops everything that is not committed, what was added for the next transaction too. The producer is made anew: whatever
   * went wrong, its sequences and those of the broker agree again.
   */
  async abort(): Promise<void> {
    await this.#session.halt();
    const identity = await initialised(this.#options, this.#coordinator);
    this.#producer = { ...identity, transactionalId: this.#options.transactionalId };
    this.#registered.clear();
    this.#isCut = false;
    this.#session.reset(identity);
  }

  /**
   * Ends the session. A transaction under way is aborted, so that readers need not wait for it; when the broker does not
   * take that within moments, it is left to the next owner of the id, or to its timeout.
   */
  async close(): Promise<void> {
    await this.#session.close();
    if (this.#registered.size === 0) return;
    const abort = (node: number) => this.#options.client.endTransaction(node, this.#producer, false);
    await briefly(
      this.#options.clock,
      this.#coordinator.once(abort).catch(() => {}),
    );
  }

  /** One call after another, since two brokers may be sent to at the same time. */
  #register(places: readonly TopicPartition[]): Promise<void> {
    const mine = this.#registering.then(async () => {
      const missing = places.filter((place) => !this.#registered.has(nameOf(place)));
      if (missing.length === 0) return;
      this.#begin();
      await this.#call((node) => this.#options.client.addPartitions(node, this.#producer, missing));
      for (const place of missing) this.#registered.add(nameOf(place));
    });
    this.#registering = mine.catch(() => {});
    return mine;
  }

  async #addOffsets(member: GroupMembership, offsets: readonly PartitionOffset[]): Promise<void> {
    const { client } = this.#options;
    const { groupId } = member;
    this.#begin();
    await this.#call((node) => client.addOffsets(node, this.#producer, groupId));
    this.#registered.add(`group ${groupId}`);
    let group = this.#groups.get(groupId);
    if (group === undefined) this.#groups.set(groupId, (group = new Coordinator(client, "group", groupId)));
    const commit = (node: number) => client.commitOffsetsInTransaction(node, this.#producer, member, offsets);
    await group.call(commit, this.#patience());
  }

  #begin(): void {
    if (this.#registered.size === 0) this.#beganAt = this.#options.clock.monotonic();
  }

  #call(work: (node: number) => Promise<void>): Promise<void> {
    return this.#coordinator.call(work, this.#patience());
  }

  /** As long as the broker keeps the transaction. */
  #patience(): Patience {
    const { clock, random, transactionTimeoutMs } = this.#options;
    const leftMs = this.#beganAt + transactionTimeoutMs - clock.monotonic();
    return patienceOf(clock, random, Math.max(patienceMsMin, leftMs));
  }
}

async function initialised(options: TransactionOptions, coordinator: Coordinator): Promise<ProducerIdentity> {
  const { client, clock, random, transactionalId, transactionTimeoutMs } = options;
  const init = (node: number) => client.initProducer(node, transactionalId, transactionTimeoutMs);
  const producer = await coordinator.call(init, patienceOf(clock, random, transactionTimeoutMs));
  if (producer.id < 0n) throw new KafkaFailure("INVALID_PRODUCER_ID_MAPPING", "the broker gave no producer id", false);
  return producer;
}

function patienceOf(clock: Clock, random: Random, patienceMs: number): Patience {
  return { clock, random, patienceMs, firstPauseMs: markersPauseMs, also: ["CONCURRENT_TRANSACTIONS"] };
}
