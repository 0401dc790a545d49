/** Processes of a group killed with -9 while frames flow: what they have written, read committed, is what undisturbed ones write. */

import { test } from "vitest";
import { countingGroups, describeKafka } from "./describe-kafka.ts";
import { killRun } from "./group-kill-run.ts";

const seed = Number(process.env.MILLRACE_SEED ?? 1);
const kills = 20;

describeKafka("a group that is killed", (kafka) => {
  const { client } = kafka;
  const groupOf = countingGroups(kafka);

  test(`three processes, each killed ${kills} times at random moments: exact, and at the ends (seed ${seed})`, async () => {
    const group = await groupOf({ partitions: 4 });
    const worked = await killRun({ client, group, frames: 500_000, kills, seed });
    process.stderr.write(`${3 * kills} kills, ${worked} of them of processes that had work (seed ${seed})\n`);
  });
});
