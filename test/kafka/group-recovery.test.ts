/** What dies is taken over by the others, and what it left open holds readers up no longer than it may. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { sleep } from "../../src/core/clock.ts";
import { runConsoleTool } from "../../tools/kafka/console-tools.ts";
import { freshName } from "./broker.ts";
import { countingGroups, describeKafka } from "./describe-kafka.ts";
import { Flow } from "./group-disturbance.ts";
import { dealt, expectedCounts, Feed, makeFrames } from "./group-frames.ts";
import type { SumsSetup } from "./group-sums.ts";
import { clock, freshTopic, produce, readTopic } from "./kit.ts";

describeKafka("after a kill", (kafka) => {
  const { brokers, client } = kafka;
  const groupOf = countingGroups(kafka);
  const children: ChildProcess[] = [];
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
  });

  test.each([
    ["the survivor goes on with the partitions of the dead", false],
    ["a process that comes back under its name goes on with its own", true],
  ])("%s", async (what, comesBack) => {
    const frames = dealt(await makeFrames({ count: 100_000, seed: 12 }), 4);
    const counting = await groupOf({ partitions: 4 });
    const flow = new Flow(await Feed.open(client, counting.input, frames), 4);
    const survivor = counting.start();
    await survivor.holds(8);
    const args = comesBack ? ["--instance-id", freshName("named")] : [];
    const dying = counting.start(...args);
    await dying.holds(4);
    flow.step();
    await counting.goesOn(4000);
    const its = [...dying.held]
      .filter((name) => name.startsWith(counting.input))
      .map((name) => Number(name.split("-").at(-1)));
    expect(its).toHaveLength(2);
    dying.kill("SIGKILL");
    await dying.ended;
    const killedAt = clock.monotonic();
    const before = await counting.offsets();
    flow.step();
    const next = comesBack ? counting.start(...args) : undefined;
    while ((await counting.offsets()).every((offset, i) => !its.includes(i) || offset === before[i]))
      await sleep(clock, 20);
    const seconds = ((clock.monotonic() - killedAt) / 1000).toFixed(1);
    process.stderr.write(`${what}: the next commit of one of its partitions came ${seconds} s after the kill\n`);
    await flow.end();
    for (const member of next === undefined ? [survivor] : [survivor, next]) {
      await member.assigned();
      member.kill("SIGTERM");
      expect(await member.ended, member.text).toBe(0);
    }
    await counting.runToEnd();
    await counting.expectExactly(expectedCounts(frames));
    await counting.expectAtEnds();
  });

  test("a transaction that nobody takes over is ended by the broker after the time it was given", async () => {
    const setup: SumsSetup = {
      brokers,
      group: freshName("group"),
      input: await freshTopic(client),
      output: await freshTopic(client),
      transactionTimeout: "1s",
      // The transaction stays open until the kill: nothing is committed by itself.
      interval: "1h",
    };
    await produce(client, setup.input, 2000);
    const script = fileURLToPath(new URL("./group-sums.ts", import.meta.url));
    const child = spawn(process.execPath, ["--conditions=millrace-source", script, JSON.stringify(setup)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    children.push(child);
    const place = { topic: setup.output, partition: 0 };
    const end = async (committedOnly: boolean) =>
      (await client.offsets([place], "latest", committedOnly)).get(`${setup.output}-0`)!;
    while ((await end(false)) === (await end(true))) await sleep(clock, 20);
    child.kill("SIGKILL");
    const killedAt = clock.monotonic();
    const id = `${setup.group}-${setup.input}-0`;
    const { text } = await runConsoleTool("transactions", brokers, ["describe", "--transactional-id", id], "capture");
    const [, , , , , timeoutMs] = text.trim().split("\n").at(-1)!.split(/\s+/);
    expect(timeoutMs).toBe("1000");
    while ((await end(true)) < (await end(false))) await sleep(clock, 20);
    const seconds = ((clock.monotonic() - killedAt) / 1000).toFixed(1);
    process.stderr.write(`a transaction of 1 s left open: readers got past it ${seconds} s after the kill\n`);
    expect(await readTopic(client, setup.output)).toEqual([]);
  });
});
