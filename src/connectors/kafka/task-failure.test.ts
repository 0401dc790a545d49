import { expect, test } from "vitest";
import { MillraceError } from "../../core/errors.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import { isFenced, mayRestart } from "./task-failure.ts";

const failure = (code: string, retryable = false) => new KafkaFailure(code, "of the test", retryable);

/** As the engine tells it: an error of a step, caused by one of the connector, caused by the call. */
function told(cause: unknown): MillraceError {
  const inner = new MillraceError("ML4001", { message: "cannot be written", cause });
  return new MillraceError("ML2003", { message: "a step failed", cause: inner });
}

test.each([
  ["PRODUCER_FENCED", true, true],
  ["INVALID_PRODUCER_EPOCH", true, true],
  ["INVALID_TXN_STATE", false, true],
  ["TRANSACTION_ABORTABLE", false, true],
  ["OUT_OF_ORDER_SEQUENCE_NUMBER", false, true],
  ["MESSAGE_TOO_LARGE", false, false],
  ["TOPIC_AUTHORIZATION_FAILED", false, false],
  ["UNKNOWN_TOPIC_OR_PARTITION", false, false],
  ["OFFSET_OUT_OF_RANGE", false, false],
])("%s: fenced %s, may be started again %s, however deep it lies", (code, fenced, restart) => {
  for (const thrown of [failure(code), told(failure(code))]) {
    expect(isFenced(thrown)).toBe(fenced);
    expect(mayRestart(thrown)).toBe(restart);
  }
});

test("what passes by itself may be started again; what no call failed with, and what is caused by itself, may not", () => {
  expect(mayRestart(told(failure("NETWORK", true)))).toBe(true);
  expect(mayRestart(told(new RangeError("of the data")))).toBe(false);
  expect(mayRestart(undefined)).toBe(false);
  const circular = new Error("a");
  circular.cause = circular;
  expect(mayRestart(circular)).toBe(false);
});
