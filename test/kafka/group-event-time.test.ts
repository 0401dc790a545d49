/** Event time over the partitions of a group: what drains at its own pace, and what lies about its time, changes no count. */

import { expect, test } from "vitest";
import { countingGroups, describeKafka } from "./describe-kafka.ts";
import { dealt, expectedCounts, Feed, fill, makeFrames } from "./group-frames.ts";
import { freshTopic, readWithHeaders } from "./kit.ts";

describeKafka("event time in a group", (kafka) => {
  const { brokers, client } = kafka;
  const groupOf = countingGroups(kafka);

  test("a partition held back by more than an hour against the others: nothing comes out early, and the counts are exact", async () => {
    // 40,000 frames at 5 a second are over two hours.
    const frames = dealt(await makeFrames({ count: 40_000, ratePerSecond: 5, seed: 3 }), 4);
    const counting = await groupOf({ partitions: 4 });
    const feed = await Feed.open(client, counting.input, frames);
    const behind = 3;
    await feed.upTo(0.1, behind);
    for (const partition of [0, 1, 2]) await feed.upTo(0.9, partition);
    const members = [counting.start(), counting.start()];
    await counting.isThrough(0.9 * 30_000 + 0.1 * 10_000);
    const before = await counting.results();
    await feed.upTo(1);
    await feed.close();
    for (const member of members) member.kill("SIGTERM");
    for (const member of members) expect(await member.ended, member.text).toBe(0);
    await counting.runToEnd();
    const expected = expectedCounts(frames);
    await counting.expectExactly(expected);
    // What has come out while one partition was behind lies before where it stood, and was right already.
    const reached = timeOf(frames[behind]![1000]!);
    for (const key of before.keys()) expect(Number(key.split("/")[0])).toBeLessThan(reached);
    expect(before.size).toBeLessThan(expected.size / 4);
  });

  test("partitions that drain at very different speeds: none makes another's frames late", async () => {
    const all = await makeFrames({ count: 60_000, ratePerSecond: 50, seed: 4 });
    // Of 16 frames 12 lie in the first partition, and one in the last.
    const frames = [12, 2, 1, 1].map((share, partition, shares) => {
      const before = shares.slice(0, partition).reduce((sum, other) => sum + other, 0);
      return all.filter((_, i) => i % 16 >= before && i % 16 < before + share);
    });
    const counting = await groupOf({ partitions: 4 });
    await fill(client, counting.input, frames);
    await counting.runToEnd([], []);
    await counting.expectExactly(expectedCounts(frames));
    await counting.expectAtEnds();
  });

  test("a frame ten years ahead, and ones that are no frames: they change nothing but the dead letters, which say where they lay", async () => {
    const good = dealt(await makeFrames({ count: 30_000, seed: 6 }), 4);
    const ahead = timeOf(good[0]![4000]!) + 3652 * 86_400;
    const hostile = Buffer.from(`{"ts":${ahead},"uid":"hostile"}`);
    const broken = Buffer.from('{"ts":17, "uid":');
    const frames = good.map((partition) => [...partition]);
    frames[0]!.splice(4000, 0, hostile);
    frames[2]!.splice(1000, 0, broken);
    const deadLetters = await freshTopic(client);
    const args = ["--dead-letters", `kafka://${brokers}/${deadLetters}`];
    const counting = await groupOf({ partitions: 4, args });
    await fill(client, counting.input, frames);
    await counting.runToEnd([], []);
    await counting.expectExactly(expectedCounts(good));
    await counting.expectAtEnds();
    const dead = await readWithHeaders(client, deadLetters);
    const seen = dead.map(({ value, headers }) => [headers.partition, headers.offset, value]).sort();
    expect(seen).toEqual([
      ["0", "4000", hostile.toString()],
      ["2", "1000", broken.toString()],
    ]);
    for (const { headers } of dead) {
      expect(headers.topic).toBe(counting.input);
      const isAhead = headers.partition === "0";
      expect([headers.step, headers.reason]).toEqual(isAhead ? ["clock", "too far ahead"] : ["frame", "not JSON"]);
    }
  });
});

function timeOf(frame: Buffer): number {
  return Number((JSON.parse(frame.toString()) as { ts: unknown }).ts);
}
