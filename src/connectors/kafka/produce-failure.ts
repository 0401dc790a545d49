import { nameOf, type ProducedPartition } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";

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

/** Why a broker did not take a batch; undefined when it has it, now or from a send before. */
export function produceFailure(answer: ProducedPartition): KafkaFailure | undefined {
  const { error, message } = answer;
  if (error === undefined || error === "DUPLICATE_SEQUENCE_NUMBER") return undefined;
  const text = `a batch for ${nameOf(answer)} was not taken${message === undefined ? "" : `: ${message}`}`;
  return new KafkaFailure(error, text, !finalErrors.has(error));
}
