import { ProducerSession } from "../producer-session.ts";
import { TransactionSession } from "../transaction-session.ts";
import { AtLeastOnceOutput } from "./at-least-once-output.ts";
import { ExactlyOnceOutput } from "./exactly-once-output.ts";
import type { TaskOutput, TaskOutputOptions } from "./task-output.ts";

/** See {@link TaskOutputOptions.transactionTimeoutMs}. A broker looks for such transactions every 10 s unless it is set otherwise. */
export const usualTransactionTimeoutMs = 15_000;
const ackTimeoutMs = 30_000;
/** What Kafka's own default is, for topics that were not asked for. */
const usualBatchBytesMax = 1_048_588;

/** Opens a task's output; exactly-once, this takes the transactional id over from whoever had it. */
export async function openTaskOutput(options: TaskOutputOptions): Promise<TaskOutput> {
  const { client, clock, random, onTrouble, group, transactionalId } = options;
  const isExact = options.guarantee === "exactly-once";
  const producer = {
    client,
    clock,
    random,
    onTrouble,
    compression: options.compression ?? "zstd",
    batchBytes: options.batchBytes ?? 256 * 1024,
    batchBytesMax: usualBatchBytesMax,
    pendingBytesMax: options.pendingBytesMax ?? 8 * 1024 * 1024,
    ackTimeoutMs,
  };
  if (isExact) {
    const transactionTimeoutMs = options.transactionTimeoutMs ?? usualTransactionTimeoutMs;
    const session = await TransactionSession.open({ ...producer, transactionalId, transactionTimeoutMs });
    return new ExactlyOnceOutput(session, group);
  }
  const session = await ProducerSession.open({ ...producer, transactional: false });
  return new AtLeastOnceOutput(session, options);
}
