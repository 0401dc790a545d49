import { afterAll, afterEach } from "vitest";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { describeWithBroker, isBrokerAtHand, testBroker } from "./broker.ts";
import { CountingGroup, type CountingGroupOptions } from "./group-kit.ts";
import { clientOf } from "./kit.ts";

/** The broker of the test run. */
export interface TestKafka {
  /** `HOST:PORT`. */
  readonly brokers: string;
  /** A client of it, closed after the last test of the suite. */
  readonly client: KafkaClient;
}

/** Tests that need the broker of the test run: as `describeWithBroker`, with the broker at hand. */
export function describeKafka(name: string, body: (kafka: TestKafka) => void): void {
  describeWithBroker(name, async () => {
    const brokers = isBrokerAtHand ? await testBroker() : "127.0.0.1:9";
    const client = clientOf(brokers);
    afterAll(() => client.close());
    body({ brokers, client });
  });
}

/** Makes groups of processes for the tests of a suite. Those of a test are ended with it; after a failure they say what they waited for. */
export function countingGroups({
  brokers,
  client,
}: TestKafka): (options: CountingGroupOptions) => Promise<CountingGroup> {
  const groups: CountingGroup[] = [];
  afterEach(async ({ task }) => {
    for (const group of groups.splice(0)) await group.killAll(task.result?.state === "fail");
  });
  return async (options) => {
    const group = await CountingGroup.make(brokers, client, options);
    groups.push(group);
    return group;
  };
}
