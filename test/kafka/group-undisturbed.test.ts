/** A group of processes that nobody disturbs, in each way it can be run: the counts are exact. */
import { afterAll, afterEach, beforeAll, test } from "vitest";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { describeWithBroker, testBroker } from "./broker.ts";
import { dealt, expectedCounts, fill, makeFrames, type Partitions } from "./group-frames.ts";
import { CountingGroup, type CountingGroupOptions } from "./group-kit.ts";
import { clientOf } from "./kit.ts";

describeWithBroker("a group that nobody disturbs", () => {
  let brokers: string;
  let client: KafkaClient;
  let frames: Partitions;
  let expected: ReadonlyMap<string, string>;
  let group: CountingGroup | undefined;
  beforeAll(async () => {
    brokers = await testBroker();
    client = clientOf(brokers);
    frames = dealt(await makeFrames({ count: 60_000, seed: 5 }), 4);
    expected = expectedCounts(frames);
  });
  afterEach(({ task }) => group?.killAll(task.result?.state === "fail"));
  afterAll(() => client?.close());

  async function filled(options: Partial<CountingGroupOptions> = {}): Promise<CountingGroup> {
    group = await CountingGroup.make(brokers, client, { partitions: 4, ...options });
    await fill(client, group.input, frames);
    return group;
  }

  test.each([
    ["one process", [[]]],
    ["two processes", [[], []]],
    ["three threads of one process", [["--workers", "3"]]],
    ["two processes at least once", [["--at-least-once"], ["--at-least-once"]]],
  ])("%s", async (_, members) => {
    const counting = await filled();
    await counting.runToEnd(...members);
    await counting.expectExactly(expected);
    await counting.expectAtEnds();
  });
});
