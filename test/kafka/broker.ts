import { randomUUID } from "node:crypto";
import { isMainThread } from "node:worker_threads";
import { describe } from "vitest";
import { whyNoBroker } from "../../tools/kafka/broker.ts";
import { sharedBroker } from "./shared-broker.ts";

const reason = process.env.KAFKA_BROKERS ? undefined : await whyNoBroker();

if (reason !== undefined && process.env.CI) throw new Error(`Kafka tests cannot run here: ${reason}`);
if (reason !== undefined) process.stderr.write(`\n*** Kafka tests are SKIPPED: ${reason} ***\n\n`);

/** Whether there is one. */
export const isBrokerAtHand = reason === undefined;

/** Like `describe`, for tests that need a broker: skipped, and loudly so, where none can be had; in CI that is a failure. */
export const describeWithBroker = isBrokerAtHand ? describe : describe.skip;

/** The broker of this test run, `HOST:PORT`: the one of `KAFKA_BROKERS`, else one that is started once and goes with the run. */
export function testBroker(): Promise<string> {
  if (process.env.KAFKA_BROKERS) return Promise.resolve(process.env.KAFKA_BROKERS);
  // The runner itself: test files run in processes or threads of it.
  return sharedBroker(isMainThread ? process.ppid : process.pid);
}

/** A name that no other test uses, for topics, groups and transactional ids. */
export function freshName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}
