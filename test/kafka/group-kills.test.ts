/** Processes of a group killed with -9 while frames flow: what they have written, read committed, is what undisturbed ones write. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { seededRandom } from "../../src/core/random.ts";
import { describeWithBroker, freshName, testBroker } from "./broker.ts";
import { Flow, killedAgainAndAgain } from "./group-disturbance.ts";
import { dealt, expectedCounts, Feed, makeFrames } from "./group-frames.ts";
import { CountingGroup } from "./group-kit.ts";
import { clientOf } from "./kit.ts";

const seed = Number(process.env.MILLRACE_SEED ?? 1);
const killsOfEach = 20;

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

  test(`three processes, each killed ${killsOfEach} times at random moments (seed ${seed}): exact, and at the ends`, async () => {
    const frames = dealt(await makeFrames({ count: 500_000, bytes: 160, seed }), 4);
    const counting = await CountingGroup.make(brokers, client, { partitions: 4 });
    group = counting;
    const flow = new Flow(await Feed.open(client, counting.input, frames), 3 * killsOfEach);
    let worked = 0;
    // Two that come back under their names, and one that is a stranger each time.
    const lanes = [["--instance-id", freshName("one")], ["--instance-id", freshName("two")], []].map((args, i) =>
      killedAgainAndAgain({
        group: counting,
        args,
        kills: killsOfEach,
        random: seededRandom(31 * seed + i),
        earlyShare: args.length > 0 ? 0.3 : 0.6,
        onKill: (hadWork) => {
          if (hadWork) worked += 1;
          flow.step();
        },
      }),
    );
    const last = await Promise.all(lanes);
    await flow.end();
    for (const member of last) await member.assigned();
    for (const member of last) member.kill("SIGTERM");
    for (const member of last) expect(await member.ended, member.text).toBe(0);
    process.stderr.write(`${3 * killsOfEach} kills, ${worked} of them of processes that had work (seed ${seed})\n`);
    await counting.runToEnd();
    await counting.expectExactly(expectedCounts(frames));
    await counting.expectAtEnds();
  });
});
