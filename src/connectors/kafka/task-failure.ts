import { failedWith, KafkaFailure } from "./client/kafka-failure.ts";

/**
 * Whether something thrown, or what lies behind it, tells that another producer was opened with the same transactional id,
 * or that the broker gave this one's transaction up: it must not go on.
 */
export function isFenced(thrown: unknown): boolean {
  const failure = failureBehind(thrown);
  return failedWith(
    failure,
    "PRODUCER_FENCED",
    "INVALID_PRODUCER_EPOCH",
    "TRANSACTION_COORDINATOR_FENCED",
    "FENCED_INSTANCE_ID",
    "ILLEGAL_GENERATION",
    "UNKNOWN_MEMBER_ID",
  );
}

/** What went wrong between us and the brokers, and is over with the session it happened to. */
const sessionErrors = new Set([
  "INVALID_TXN_STATE",
  "INVALID_PRODUCER_ID_MAPPING",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "CONCURRENT_TRANSACTIONS",
  "TRANSACTION_ABORTABLE",
  "UNSTABLE_OFFSET_COMMIT",
]);

/**
 * Whether a task that ended with this may be opened anew and go on from its last commit: a broker was away for too long, a
 * transaction was aborted for its age, or the producer was fenced. It says nothing against the data or the plan. A broker
 * tells a fenced producer and an aborted transaction by the same name: so whoever starts the task again asks the group first
 * whether the partition is still its own, or two owners would fence one another in turns.
 */
export function mayRestart(thrown: unknown): boolean {
  const failure = failureBehind(thrown);
  if (failure === undefined) return false;
  return failure.retryable || sessionErrors.has(failure.code) || isFenced(failure);
}

/** The failed call that something thrown was caused by, if it was. */
function failureBehind(thrown: unknown): KafkaFailure | undefined {
  for (let at = thrown, depth = 0; at instanceof Error && depth < causesMax; at = at.cause, depth++) {
    if (at instanceof KafkaFailure) return at;
  }
  return undefined;
}

const causesMax = 10;
