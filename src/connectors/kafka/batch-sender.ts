import { sleep } from "../../core/clock.ts";
import { nameOf } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import type { PartitionOutput, SealedBatch } from "./partition-output.ts";
import { produceFailure } from "./produce-failure.ts";
import type { ProducerOptions } from "./producer-options.ts";
import { briefly } from "./retrying.ts";
import { TopicLeaders } from "./topic-leaders.ts";

/** What a sender is told, and tells. */
export interface BatchSenderHooks {
  /** Whether a batch may go out now. */
  readonly mayGo: (batch: SealedBatch) => boolean;
  readonly onAcknowledged: (batch: SealedBatch) => void;
  /** A request is over, or sending has failed for good. */
  readonly onSettled: () => void;
}

const requestBytesMax = 4 * 1024 * 1024;
/** Half of the age at which a broker that starts forgets what a producer has sent, by the times of its records. */
const rememberedMs = 12 * 60 * 60 * 1000;

/**
 * Sends what lies sealed in partition outputs to the nodes that lead them, one request a node under way, each again until it
 * is taken or refused for good.
 */
export class BatchSender {
  readonly #options: ProducerOptions;
  readonly #hooks: BatchSenderHooks;
  readonly #outputs: ReadonlyMap<string, PartitionOutput>;
  readonly #pumps = new Map<number, Promise<void>>();
  readonly #closed = new AbortController();
  readonly #leaders: TopicLeaders;
  #flushing = false;
  #failure: KafkaFailure | undefined;

  constructor(options: ProducerOptions, outputs: ReadonlyMap<string, PartitionOutput>, hooks: BatchSenderHooks) {
    this.#options = options;
    this.#outputs = outputs;
    this.#hooks = hooks;
    this.#leaders = new TopicLeaders({
      ...options,
      topics: () => [...outputs.values()].map(({ place }) => place.topic),
      onKnown: () => {
        this.#checkTopics();
        this.pump();
      },
      onFailure: (failure) => this.fail(failure),
      signal: this.#closed.signal,
    });
  }

  /** Why nothing is sent any more. */
  get failure(): KafkaFailure | undefined {
    return this.#failure;
  }

  /** Sends what is held back for company, too. */
  flush(): void {
    this.#flushing = true;
    this.pump();
  }

  /** Sees to it that every node that something waits for is being sent to. */
  pump(): void {
    if (this.#failure !== undefined || this.#closed.signal.aborted) return;
    if (this.#flushing) this.#sealOpen();
    for (const output of this.#outputs.values()) {
      if (!this.#sendable(output)) continue;
      const leader = this.#leaders.of(output.place);
      if (leader === undefined) this.#leaders.refresh();
      else if (!this.#pumps.has(leader)) this.#start(leader);
    }
  }

  /** Sends nothing more. */
  fail(failure: KafkaFailure): void {
    this.#failure ??= failure;
    this.#hooks.onSettled();
  }

  /** Resolves when nothing is under way; after `fail`. */
  async settled(): Promise<void> {
    await Promise.all(this.#pumps.values());
  }

  /** Sends again after a failure. */
  goOn(): void {
    this.#failure = undefined;
    this.#hooks.onSettled();
  }

  /** Waits a moment for the requests under way: one to a broker that does not answer ends with its connection. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.fail(new KafkaFailure("CLIENT", "the producer is closed", false));
    await briefly(this.#options.clock, this.settled());
  }

  /** What waits for a topic that was deleted would wait for ever. */
  #checkTopics(): void {
    for (const { sealed, place } of this.#outputs.values()) {
      if (sealed.length === 0 || !this.#leaders.isGone(place.topic)) continue;
      this.fail(new KafkaFailure("UNKNOWN_TOPIC_OR_PARTITION", `topic ${place.topic} is gone`, false));
    }
  }

  #start(leader: number): void {
    const pump = this.#sendAll(leader).finally(() => {
      this.#pumps.delete(leader);
      this.pump();
    });
    this.#pumps.set(leader, pump);
  }

  /** Only where nothing is on its way: elsewhere the batch may grow until that has arrived. */
  #sealOpen(): void {
    let left = false;
    for (const output of this.#outputs.values()) {
      if (!output.open) continue;
      if (output.sealed.length === 0) output.seal();
      else left = true;
    }
    this.#flushing = left;
  }

  #sendable(output: PartitionOutput): boolean {
    const first = output.sealed[0];
    return first !== undefined && !output.inFlight && this.#hooks.mayGo(first);
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
    let isSent = false;
    try {
      await transaction?.register(outputs.map(({ place }) => place));
      isSent = true;
      const failures: KafkaFailure[] = [];
      for (const answer of await client.produce(leader, batches, transaction?.transactionalId, ackTimeoutMs)) {
        const failure = produceFailure(answer);
        if (failure === undefined) this.#acknowledge(sent.get(nameOf(answer)));
        else failures.push(failure);
      }
      return failures.find((failure) => !failure.retryable) ?? failures[0];
    } catch (thrown) {
      return isSent ? this.#unanswered(thrown as KafkaFailure, sent.values()) : (thrown as KafkaFailure);
    } finally {
      for (const output of outputs) output.inFlight = false;
      this.#hooks.onSettled();
    }
  }

  /**
   * Whether a batch has arrived is not known when there was no answer. It is sent again, and the broker knows it by its
   * sequence; but not if it was restarted meanwhile and the records' times are long past. A transaction can be begun anew then.
   */
  #unanswered(failure: KafkaFailure, sent: Iterable<readonly [PartitionOutput, SealedBatch]>): KafkaFailure {
    const { transaction, clock } = this.#options;
    if (transaction === undefined || failure.code !== "NETWORK") return failure;
    const forgotten = clock.now() - rememberedMs;
    const old = [...sent].find(([, { maxTimestamp }]) => maxTimestamp < forgotten);
    if (old === undefined) return failure;
    const message = `a batch for ${nameOf(old[0].place)} may be there or not, and its records are too old to ask: ${failure.message}`;
    return new KafkaFailure("TRANSACTION_ABORTABLE", message, false, { cause: failure });
  }

  #acknowledge([output, batch]: readonly [PartitionOutput?, SealedBatch?] = []): void {
    if (batch === undefined || output?.sealed[0] !== batch) return;
    output.sealed.shift();
    this.#hooks.onAcknowledged(batch);
  }
}
