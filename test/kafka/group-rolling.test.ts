/** Processes that are stopped and replaced in good order, and threads: nothing is lost or doubled, and what stays goes on. */

import { expect, test } from "vitest";
import { countingGroups, describeKafka } from "./describe-kafka.ts";
import { Flow } from "./group-disturbance.ts";
import { dealt, expectedCounts, Feed, makeFrames } from "./group-frames.ts";

describeKafka("a group whose processes are replaced", (kafka) => {
  const { client } = kafka;
  const groupOf = countingGroups(kafka);

  async function flowing(steps: number, partitions: number) {
    const frames = dealt(await makeFrames({ count: 100_000, seed: 21 }), partitions);
    const counting = await groupOf({ partitions });
    return { frames, counting, flow: new Flow(await Feed.open(client, counting.input, frames), steps) };
  }

  test("three processes, one after another told to stop and replaced: exact, and what stayed was not disturbed", async () => {
    const { frames, counting, flow } = await flowing(10, 6);
    let members = [counting.start(), counting.start(), counting.start()];
    for (const member of members) await member.holds(4);
    for (let replaced = 0; replaced < 3; replaced++) {
      const [old, ...others] = members;
      flow.step();
      await counting.goesOn(3000);
      const had = others.map(({ held }) => new Set(held));
      old!.kill("SIGTERM");
      expect(await old!.ended, old!.text).toBe(0);
      const fresh = counting.start();
      flow.step();
      for (const member of [...others, fresh]) await member.holds(4);
      flow.step();
      await counting.goesOn(3000);
      // Nobody gave up what it had before: it got some of the old one's, at most, and handed those on.
      for (const [i, { held }] of others.entries()) expect([...had[i]!].filter((name) => !held.has(name))).toEqual([]);
      members = [...others, fresh];
    }
    await flow.end();
    for (const member of members) member.kill("SIGTERM");
    for (const member of members) expect(await member.ended, member.text).toBe(0);
    await counting.runToEnd();
    await counting.expectExactly(expectedCounts(frames));
    await counting.expectAtEnds();
  });

  test("threads of a process told to stop in mid-stream end well, and a later run completes what they left", async () => {
    const { frames, counting, flow } = await flowing(3, 4);
    const threads = counting.start("--workers", "2");
    await threads.assigned();
    flow.step();
    await counting.goesOn(3000);
    threads.kill("SIGTERM");
    expect(await threads.ended, threads.text).toBe(0);
    await flow.end();
    expect(await counting.through()).toBeLessThan(100_000);
    await counting.runToEnd(["--workers", "3"]);
    await counting.expectExactly(expectedCounts(frames));
    await counting.expectAtEnds();
  });
});
