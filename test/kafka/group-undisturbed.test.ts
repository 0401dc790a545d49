/** A group of processes that nobody disturbs, in each way it can be run: the counts are exact. */

import { beforeAll, test } from "vitest";
import { countingGroups, describeKafka } from "./describe-kafka.ts";
import { dealt, expectedCounts, fill, makeFrames, type Partitions } from "./group-frames.ts";
import type { CountingGroup, CountingGroupOptions } from "./group-kit.ts";

describeKafka("a group that nobody disturbs", (kafka) => {
  const { client } = kafka;
  const groupOf = countingGroups(kafka);
  let frames: Partitions;
  let expected: ReadonlyMap<string, string>;
  beforeAll(async () => {
    frames = dealt(await makeFrames({ count: 60_000, seed: 5 }), 4);
    expected = expectedCounts(frames);
  });

  async function filled(options: Partial<CountingGroupOptions> = {}): Promise<CountingGroup> {
    const group = await groupOf({ partitions: 4, ...options });
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
