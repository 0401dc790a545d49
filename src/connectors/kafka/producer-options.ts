import type { Clock } from "../../core/clock.ts";
import type { Random } from "../../core/random.ts";
import type { KafkaClient, TopicPartition } from "./client/kafka-client.ts";
import type { KafkaFailure } from "./client/kafka-failure.ts";
import type { BatchSettings } from "./partition-output.ts";

/** How a producer is set. */
export interface ProducerOptions extends BatchSettings {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  /** What may wait to be acknowledged before the producer is `full`. */
  readonly pendingBytesMax: number;
  /** How long a broker may wait for its replicas. */
  readonly ackTimeoutMs: number;
  /** Called when a broker does not take a batch for now: for people. It is sent again until it is taken. */
  readonly onTrouble: (failure: KafkaFailure) => void;
  /** The transaction's side, for a transactional producer. */
  readonly transaction?: TransactionHooks | undefined;
}

/** What a producer needs of the transactions that its batches belong to. */
export interface TransactionHooks {
  readonly transactionalId: string;
  /** Resolves when the partitions belong to the transaction under way. */
  register(places: readonly TopicPartition[]): Promise<void>;
}
