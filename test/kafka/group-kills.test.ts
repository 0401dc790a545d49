/** Processes of a group killed with -9 while frames flow: what they have written, read committed, is what undisturbed ones write. */
import { afterAll, afterEach, beforeAll, test } from "vitest";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { describeWithBroker, testBroker } from "./broker.ts";
import { killRun } from "./group-kill-run.ts";
import { CountingGroup } from "./group-kit.ts";
import { clientOf } from "./kit.ts";

const seed = Number(process.env.MILLRACE_SEED ?? 1);
const kills = 20;

describeWithBroker("a group that is killed", () => {
  let brokers: string;
  let client: KafkaClient;
  let group: CountingGroup | undefined;
  beforeAll(async () => {
    brokers = await testBroker();
    client = clientOf(brokers);
  });
  afterEach(({ task }) => group?.killAll(task.result?.state === "fail"));
  afterAll(() => client?.close());

  test(`three processes, each killed ${kills} times at random moments: exact, and at the ends (seed ${seed})`, async () => {
    group = await CountingGroup.make(brokers, client, { partitions: 4 });
    const worked = await killRun({ client, group, frames: 500_000, kills, seed });
    process.stderr.write(`${3 * kills} kills, ${worked} of them of processes that had work (seed ${seed})\n`);
  });
});
