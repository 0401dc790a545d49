/**
 * `npm run kafka-kills -- [--runs N] [--seed N] [--kills N] [--frames N]`: groups of three processes killed with -9 again and
 * again while frames flow, for longer than a test may take. Each run has the next seed. Ends at the first count that is not
 * exact, with its seed.
 */
import { parseArgs } from "node:util";
import { killRun } from "../test/kafka/group-kill-run.ts";
import { CountingGroup } from "../test/kafka/group-kit.ts";
import { clientOf } from "../test/kafka/kit.ts";
import { startBroker } from "./kafka/broker.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    kills: { type: "string", default: "40" },
    frames: { type: "string", default: "1000000" },
  },
});
const [runs, firstSeed, kills, frames] = [values.runs, values.seed, values.kills, values.frames].map(Number) as [
  number,
  number,
  number,
  number,
];
const tell = (text: string) => void process.stderr.write(`${text}\n`);

const broker = await startBroker({ tell });
const client = clientOf(broker.brokers);
try {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const group = await CountingGroup.make(broker.brokers, client, { partitions: 4 });
    try {
      const worked = await killRun({ client, group, frames, kills, seed });
      tell(`seed ${seed}: ${3 * kills} kills, ${worked} of processes that had work: exact`);
    } catch (error) {
      tell(`seed ${seed}: ${String(error)}`);
      process.exitCode = 1;
      break;
    } finally {
      await group.killAll(process.exitCode === 1);
    }
  }
} finally {
  await client.close();
  await broker.stop();
}
