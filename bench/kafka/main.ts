// `npm run bench -- kafka [--frames N --rounds N --only TEXT --write]`: unique-users from a topic, beside its peers, and prints a
// table; with --write it goes into docs/performance.md. Needs a JDK of 17 or later and Maven. `--only` takes those whose
// name holds one of the texts, separated by commas.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Measured, measure, median } from "../contestant.ts";
import { aboutRun, memoryText, secondsText, timesAsLong, writeSection } from "../report.ts";
import { type Input, inputOf } from "../unique-users.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { contestants, type KafkaContestant } from "./contestants.ts";
import { countsOf } from "./counts.ts";
import { jvmPeers } from "./jvm.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});
/** A broker becomes faster for some fifteen runs, as its own compiler learns; one that has run for long is what is measured. */
const brokerRounds = 4;
const frames = Number(values.frames);
const input = inputOf(frames);
const jvm = await jvmPeers();
const cluster = await startCluster();
try {
  const [topic, spread] = ["frames", "frames-spread"];
  load(cluster, input, topic, 1);
  load(cluster, input, spread, 2);
  const wanted = values.only.split(",");
  const all = contestants({ cluster, topic, spread, frames, truth: countsOf(input.truth) }, jvm);
  process.stderr.write("the broker warms up; these runs do not count\n");
  const quickest = all.slice(0, 3); // on one partition: both of ours and the fetch loop
  await measure(quickest, brokerRounds);
  const chosen = all.filter(({ name }) => wanted.some((text) => name.includes(text)));
  const measured = await measure(chosen, Number(values.rounds), { goOn: true });
  const command = `npm run bench -- kafka --rounds ${values.rounds}`;
  const text = [aboutRun(frames, input.bytes, command), "", table(measured)].join("\n");
  process.stdout.write(`${text}\n`);
  if (values.write) writeSection("bench-kafka", text);
} finally {
  await cluster.stop();
}

function load({ brokers }: Cluster, { path }: Input, topic: string, partitions: number): void {
  const main = join(fileURLToPath(new URL("../..", import.meta.url)), "bin", "millrace.mjs");
  const to = ["--to", `kafka://${brokers}/${topic}`, "--partitions", String(partitions)];
  const args = [main, "load", "--from", path, ...to, "--compression", "none", "--progress", "off", "--log", "error"];
  if (spawnSync(process.execPath, args, { stdio: "inherit" }).status !== 0) throw new Error(`${topic} was not loaded`);
}

function table(all: readonly Measured[]): string {
  const head = "| | promises | seconds | time / ours | frames/s | CPU s | RSS | result |";
  return [head, "|---|---|---|---|---|---|---|---|", ...all.map((one) => row(one, all[0]!))].join("\n");
}

function row(one: Measured, first: Measured): string {
  const { name, promise } = one.contestant as KafkaContestant;
  if (one.failure !== undefined)
    return `| ${name} | ${promise} | failed: ${one.failure.replace(`${name}: `, "")} | | | | | |`;
  const rate = Math.round(frames / median(one.seconds)).toLocaleString("en-US");
  const cpu = median(one.cpuSeconds).toFixed(1);
  const cells = [name, promise, secondsText(one), timesAsLong(one, first), rate, cpu, memoryText(one), one.outcome];
  return `| ${cells.join(" | ")} |`;
}
