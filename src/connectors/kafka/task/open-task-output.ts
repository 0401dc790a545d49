import { ProducerSession } from "../producer-session.ts";
import { TransactionSession } from "../transaction-session.ts";
import { AtLeastOnceOutput } from "./at-least-once-output.ts";
import { ExactlyOnceOutput } from "./exactly-once-output.ts";
import type { TaskOutput, TaskOutputOptions } from "./task-output.ts";

/** A broker looks for transactions that are older than they may be every 10 s unless it is set otherwise. */
const usualTransactionTimeoutMs = 15_000;
/** What a transaction lasts beyond its interval, with a broker that is slow or goes and comes back. */
const commitMsMax = 10_000;
const ackTimeoutMs = 30_000;
/** What Kafka's own default is, for topics that were not asked for. */
const usualBatchBytesMax = 1_048_588;

/** Opens a task's output: takes the transactional id over from whoever had it. */
export async function openTaskOutput(options: TaskOutputOptions): Promise<TaskOutput> {
  const { client, clock, random, onTrouble, group, transactionalId } = options;
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
  const { commitIntervalMs = 1000 } = options;
  // While one interval is being committed, the next one waits.
  const atLeastMs = 2 * commitIntervalMs + commitMsMax;
  const transactionTimeoutMs = options.transactionTimeoutMs ?? Math.max(usualTransactionTimeoutMs, atLeastMs);
  const session = await TransactionSession.open({ ...producer, transactionalId, transactionTimeoutMs });
  const exact = new ExactlyOnceOutput(session, group);
  if (options.guarantee === "exactly-once") return exact;
  try {
    return new AtLeastOnceOutput(await ProducerSession.open({ ...producer, transactional: false }), exact);
  } catch (thrown) {
    await exact.close();
    throw thrown;
  }
}
