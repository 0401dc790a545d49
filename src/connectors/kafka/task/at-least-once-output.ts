import type { Bytes } from "../batch-builder.ts";
import type { PartitionOffset, TopicPartition } from "../client/kafka-client.ts";
import { failedWith, type KafkaFailure } from "../client/kafka-failure.ts";
import { Coordinator } from "../coordinator.ts";
import type { ProducerSession } from "../producer-session.ts";
import type { RecordHeader } from "../record-headers.ts";
import { retrying } from "../retrying.ts";
import type { TaskOutput, TaskOutputOptions } from "./task-output.ts";

/** How long the group's coordinator may be away. */
const patienceMs = 60_000;
/** While the group shares partitions anew, offsets are refused: for so long a commit is tried again. */
const rebalancePatienceMs = 5000;
const rebalanceCodes = ["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"];

/** An idempotent producer: offsets move when everything before them is acknowledged by all replicas in sync. */
export class AtLeastOnceOutput implements TaskOutput {
  readonly guarantee = "at-least-once";
  readonly #session: ProducerSession;
  readonly #options: TaskOutputOptions;
  readonly #coordinator: Coordinator;

  constructor(session: ProducerSession, options: TaskOutputOptions) {
    this.#session = session;
    this.#options = options;
    this.#coordinator = new Coordinator(options.client, "group", options.group);
  }

  get full(): boolean {
    return this.#session.full;
  }

  get cutFull(): boolean {
    return this.#session.cutFull;
  }

  partitionsOf(topic: string): Promise<number> {
    return this.#session.partitionsOf(topic);
  }

  add(
    place: TopicPartition,
    timestamp: number,
    key: Bytes | null,
    value: Bytes | null,
    headers?: readonly RecordHeader[],
  ): void {
    this.#session.add(place, timestamp, key, value, headers);
  }

  addToCut(
    place: TopicPartition,
    timestamp: number,
    key: Bytes | null,
    value: Bytes | null,
    headers?: readonly RecordHeader[],
  ): void {
    this.#session.addToCut(place, timestamp, key, value, headers);
  }

  flush(): void {
    this.#session.flush();
  }

  drain(): Promise<void> {
    return this.#session.drain();
  }

  /** There is no transaction to wait for: what comes after the cut may go out at once. */
  cut(): void {
    this.#session.cut();
    this.#session.openRound();
  }

  drainCut(): Promise<void> {
    return this.#session.drainCut();
  }

  /**
   * While a rebalance refuses offsets they are tried again for a moment, and then left to the next checkpoint, or to whoever
   * has the partition. Not those with metadata: these are a task's last word, and it ends only when they are safe.
   */
  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    await this.#session.cutFlushed();
    if (offsets.length === 0) return;
    const { client, clock, random, membership, onTrouble } = this.#options;
    const commit = (node: number) => client.commit(node, membership(), offsets);
    const call = () => this.#coordinator.call(commit, { clock, random, patienceMs });
    try {
      await retrying(call, { clock, random, patienceMs: rebalancePatienceMs, also: rebalanceCodes });
    } catch (thrown) {
      const isLast = offsets.some(({ metadata }) => metadata !== undefined);
      if (isLast || !failedWith(thrown, ...rebalanceCodes)) throw thrown;
      onTrouble(thrown as KafkaFailure);
    }
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
