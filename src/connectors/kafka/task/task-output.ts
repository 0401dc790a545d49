import type { Clock } from "../../../core/clock.ts";
import type { Random } from "../../../core/random.ts";
import type { KafkaClient, PartitionOffset } from "../client/kafka-client.ts";
import type { KafkaFailure } from "../client/kafka-failure.ts";
import type { Compression } from "../compression.ts";
import type { OutgoingRecord } from "../outgoing-record.ts";

/** What a task on Kafka promises of its outputs, its state and its offsets. */
export type TaskGuarantee = "exactly-once" | "at-least-once";

/**
 * What one task writes through: what its sinks write, its changelog, and the offsets of what it was made from, an interval
 * of all of them together. Exactly-once they are one transaction; at-least-once, results go
 * first, and the rest is a transaction once they are safe.
 *
 * Intervals: `add` fills the one under way; `cut` ends its share, in one turn with the engine's cut; `addToCut` still adds to
 * what was cut, to partitions that `add` is never used for; `commit` makes it safe. What is added meanwhile waits for the
 * next one. A commit that rejects ends the output: close it and open it anew, when `mayRestart` says so.
 */
export interface TaskOutput {
  readonly guarantee: TaskGuarantee;
  /** Whether as much as may waits to be acknowledged, or all is over: `drain` tells why. */
  readonly full: boolean;
  /** How many partitions a topic has; asked before anything is added to it, since its limit on records is learnt by it. */
  partitionsOf(topic: string): Promise<number>;
  /** Into the interval under way; copied. `timestamp` in milliseconds since the epoch. Throws at a record that the topic would not take. */
  add(record: OutgoingRecord): void;
  /** Sends what is held back for company. Does not wait. */
  flush(): void;
  /** Resolves when there is room again; rejects when nothing can be written any more. */
  drain(): Promise<void>;
  /** Ends the interval's share: what is added from now on belongs to the next. */
  cut(): void;
  /** Into the share that was cut. */
  addToCut(record: OutgoingRecord): void;
  /** As `full`, of what was cut alone: what waits for the next interval cannot go out before. */
  readonly cutFull: boolean;
  drainCut(): Promise<void>;
  /** Makes the share that was cut, and these offsets of the task's group with it, safe: all or nothing when exactly-once. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /** A transaction under way is aborted; what is on its way at-least-once may arrive or not. */
  close(): Promise<void>;
}

/** How a task's output is set. */
export interface TaskOutputOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly guarantee: TaskGuarantee;
  /** The group whose offsets are committed. */
  readonly group: string;
  /**
   * Names the task over restarts and owners, such as `"<group>-<topic>-<partition>"`: opening it fences the owner before, and
   * ends what that left open.
   */
  readonly transactionalId: string;
  /** How long output waits for its commit at the most. Default 1 s. */
  readonly commitIntervalMs?: number | undefined;
  /**
   * After so long without an end the broker aborts a transaction, and readers get past it: what a task that died, and that
   * nobody takes over, costs its readers. Default: 15 s, or with a long commit interval 10 s more than twice that.
   */
  readonly transactionTimeoutMs?: number | undefined;
  /** What batches are packed with. Default `"zstd"`. */
  readonly compression?: Compression | undefined;
  /** A batch goes out when it has so many bytes before compression. Default 256 KiB. */
  readonly batchBytes?: number | undefined;
  /** How much may wait to be acknowledged before `full`. Default 8 MiB. */
  readonly pendingBytesMax?: number | undefined;
  /** Called when a broker does not answer or take something for now: for people. */
  readonly onTrouble: (failure: KafkaFailure) => void;
}
