import assert from "node:assert/strict";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { seededRandom } from "../../src/core/random.ts";
import { freshName } from "./broker.ts";
import { Flow, killedAgainAndAgain } from "./group-disturbance.ts";
import { dealt, expectedCounts, Feed, makeFrames } from "./group-frames.ts";
import type { CountingGroup } from "./group-kit.ts";

/** How a group of three processes is killed. */
export interface KillRun {
  readonly client: KafkaClient;
  /** Fresh, over four partitions. */
  readonly group: CountingGroup;
  readonly frames: number;
  /** Of each process. */
  readonly kills: number;
  readonly seed: number;
}

/**
 * Kills three processes at random moments, of each on its own, while frames flow; then lets the last ones stop in good order,
 * completes the count, and expects it to be exact and the offsets at the ends. Gives how many of the kills were of processes
 * that had got partitions to work on.
 */
export async function killRun({ client, group, frames: count, kills, seed }: KillRun): Promise<number> {
  const frames = dealt(await makeFrames({ count, bytes: 160, seed }), 4);
  const flow = new Flow(await Feed.open(client, group.input, frames), 3 * kills);
  let worked = 0;
  // Two that come back under their names, and one that is a stranger each time.
  const lanes = [["--instance-id", freshName("one")], ["--instance-id", freshName("two")], []].map((args, i) =>
    killedAgainAndAgain({
      group,
      args,
      kills,
      random: seededRandom(31 * seed + i),
      // For a stranger that is killed at work, the group waits to the end of its session.
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
  for (const member of last) assert.equal(await member.ended, 0, member.text);
  await group.runToEnd();
  await group.expectExactly(expectedCounts(frames));
  await group.expectAtEnds();
  return worked;
}
