/** A group whose broker goes and comes back, and one whose processes freeze and thaw: nothing is lost, doubled or written by a zombie. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startBroker } from "../../tools/kafka/broker.ts";
import type { RunningBroker } from "../../tools/kafka/running-broker.ts";
import { describeWithBroker, freshName, testBroker } from "./broker.ts";
import { Flow } from "./group-disturbance.ts";
import { dealt, expectedCounts, Feed, makeFrames } from "./group-frames.ts";
import { CountingGroup, type Member } from "./group-kit.ts";
import { clientOf } from "./kit.ts";

const partitions = 4;
/** Those of the topic, and as many of the exchange behind it. */
const places = 2 * partitions;

describeWithBroker("a group that is disturbed", () => {
  let folder: string;
  let broker: RunningBroker | undefined;
  let group: CountingGroup | undefined;
  afterEach(({ task }) => group?.killAll(task.result?.state === "fail"));
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-kafka-outage-"));
  });
  afterAll(async () => {
    await broker?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function stopAll(members: readonly Member[]): Promise<void> {
    for (const member of members) await member.assigned();
    for (const member of members) member.kill("SIGTERM");
    for (const member of members) expect(await member.ended, member.text).toBe(0);
  }

  test("a broker shut down and started again, and killed and started again: exact", async () => {
    const frames = dealt(await makeFrames({ count: 120_000, seed: 8 }), partitions);
    broker = await startBroker({ quick: true, dataFolder: folder });
    const { brokers, port } = broker;
    const client = clientOf(brokers);
    const counting = await CountingGroup.make(brokers, client, { partitions });
    group = counting;
    const flow = new Flow(await Feed.open(client, counting.input, frames), 5);
    const members = [counting.start(), counting.start("--instance-id", freshName("named")), counting.start()];
    for (const end of ["stop", "kill"] as const) {
      flow.step();
      await counting.goesOn(5000);
      await broker[end]();
      broker = await startBroker({ quick: true, dataFolder: folder, port });
      flow.step();
      await counting.goesOn(5000);
    }
    await flow.end();
    await stopAll(members);
    await counting.runToEnd();
    await counting.expectExactly(expectedCounts(frames));
    await counting.expectAtEnds();
    await client.close();
  });

  test("two of three processes frozen for longer than their session, and thawed: exact, and members again", async () => {
    const brokers = await testBroker();
    const client = clientOf(brokers);
    const frames = dealt(await makeFrames({ count: 120_000, seed: 9 }), partitions);
    const counting = await CountingGroup.make(brokers, client, { partitions });
    group = counting;
    const flow = new Flow(await Feed.open(client, counting.input, frames), 4);
    const survivor = counting.start();
    const frozen = [counting.start(), counting.start("--instance-id", freshName("named"))];
    for (const member of frozen) await member.assigned();
    flow.step();
    await counting.goesOn(2000);
    for (const member of frozen) member.kill("SIGSTOP");
    await survivor.holds(places);
    flow.step();
    await counting.goesOn(2000);
    for (const member of frozen) member.kill("SIGCONT");
    for (const member of frozen) await member.logged(({ msg }) => msg.startsWith("partitions lost"));
    for (const member of frozen) await member.logged(() => member.held.size > 0);
    flow.step();
    await counting.goesOn(2000);
    await flow.end();
    await stopAll([survivor, ...frozen]);
    await counting.runToEnd();
    await counting.expectExactly(expectedCounts(frames));
    await counting.expectAtEnds();
    await client.close();
  });
});
