/** What becomes of a group when its topics change, or are fewer than its members: it follows where it can, and says why where not. */

import { beforeAll, expect, test } from "vitest";
import { countingGroups, describeKafka } from "./describe-kafka.ts";
import { dealt, expectedCounts, Feed, fill, makeFrames, type Partitions } from "./group-frames.ts";

describeKafka("a group and its topics", (kafka) => {
  const { client } = kafka;
  const groupOf = countingGroups(kafka);
  let frames: Buffer[];
  beforeAll(async () => {
    frames = await makeFrames({ count: 40_000, seed: 33 });
  });

  const grow = (topic: string, partitions: number) => client.growTopic(topic, partitions, 30_000);

  test("a topic that grows from 2 partitions to 4 in mid-run: the new ones are shared, and the counts are exact", async () => {
    const counting = await groupOf({ partitions: 2 });
    const half = frames.length / 2;
    const before = dealt(frames.slice(0, half), 2);
    const after = dealt(frames.slice(half), 4);
    await fill(client, counting.input, before);
    const members = [counting.start(), counting.start()];
    for (const member of members) await member.holds(2);
    await counting.isThrough(half);
    await grow(counting.input, 4);
    for (const member of members) await member.holds(3);
    await fill(client, counting.input, after);
    for (const member of members) member.kill("SIGTERM");
    for (const member of members) expect(await member.ended, member.text).toBe(0);
    await counting.runToEnd([], []);
    const all: Partitions = after.map((later, i) => [...(before[i] ?? []), ...later]);
    await counting.expectExactly(expectedCounts(all));
    await counting.expectAtEnds();
  });

  test("a topic that grows from 1 partition is refused, with what to do", async () => {
    const counting = await groupOf({ partitions: 1 });
    await fill(client, counting.input, dealt(frames.slice(0, 5000), 1));
    const member = counting.start();
    await counting.isThrough(5000);
    await grow(counting.input, 3);
    expect(await member.ended).toBe(1);
    expect(member.log.at(-1)!.msg).toMatch(/^ML3002: .*grown from 1 partition to 3.*untilEnd.*another name/);
  });

  test("a topic that is deleted under its members fails them, with its name", async () => {
    const counting = await groupOf({ partitions: 2 });
    const feed = await Feed.open(client, counting.input, dealt(frames, 2));
    await feed.upTo(0.5);
    const members = [counting.start(), counting.start()];
    for (const member of members) await member.holds(2);
    await client.deleteTopics([counting.input], 30_000);
    await feed.close();
    for (const member of members) {
      expect(await member.ended).toBe(1);
      expect(member.log.at(-1)!.msg).toMatch(new RegExp(`^ML300\\d: .*${counting.input}`));
    }
  });

  test("more members than partitions: who has nothing to do ends with the others", async () => {
    const counting = await groupOf({ partitions: 1 });
    await fill(client, counting.input, dealt(frames, 1));
    await counting.runToEnd([], ["--instance-id", "named"], []);
    await counting.expectExactly(expectedCounts(dealt(frames, 1)));
    await counting.expectAtEnds();
  });
});
