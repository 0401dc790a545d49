// `npm run bench [-- --frames N --rounds N --write]`: measures, prints a table, and with --write puts it into
// docs/performance.md.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Measured, measure } from "./contestant.ts";
import { aboutRun, memoryText, secondsText, timesAsLong, writeSection } from "./report.ts";
import { contestants, inputOf } from "./unique-users.ts";

/** Benchmarks of parts, each a script that says itself how it is called: `npm run bench -- tcp-fan-out 100 300000`. */
const suites: Readonly<Record<string, URL>> = {
  "follower-maze": new URL("./follower-maze.ts", import.meta.url),
  "kafka-restore": new URL("./kafka-restore.ts", import.meta.url),
  exchange: new URL("./exchange.ts", import.meta.url),
  kafka: new URL("./kafka/main.ts", import.meta.url),
  "kafka-latency": new URL("./kafka/latency.ts", import.meta.url),
  resequence: new URL("./resequence.ts", import.meta.url),
  "tcp-fan-out": new URL("./tcp-fan-out.ts", import.meta.url),
};
const suite = suites[process.argv[2] ?? ""];
if (suite !== undefined) {
  const args = ["--conditions=millrace-source", fileURLToPath(suite), ...process.argv.slice(3)];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, "close")) as [number | null];
  process.exit(code ?? 1);
}

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});
const input = inputOf(Number(values.frames));
const [ours, ...others] = await measure(contestants(input), Number(values.rounds));
const about = aboutRun(Number(values.frames), input.bytes, `npm run bench -- --rounds ${values.rounds}`);
const text = [about, "", table(ours!, others), "", chain(), "", memory()].join("\n");
process.stdout.write(`${text}\n`);
if (values.write) writeSection("bench", text);

function table(first: Measured, rest: readonly Measured[]): string {
  const rows = [first, ...rest].map((one) => row(one, first));
  return ["| | seconds | time / ours | RSS | result |", "|---|---|---|---|---|", ...rows].join("\n");
}

function row(one: Measured, first: Measured): string {
  const cells = [one.contestant.name, secondsText(one), timesAsLong(one, first), memoryText(one), one.outcome];
  return `| ${cells.join(" | ")} |`;
}

function chain(): string {
  const { engineNs, handNs } = figures(new URL("./chain.ts", import.meta.url));
  const ratio = (engineNs! / handNs!).toFixed(2);
  return `A chain of ten maps and filters: ${engineNs!.toFixed(1)} ns a record in the engine, ${handNs!.toFixed(1)} ns in a loop written by hand over the same batches: ${ratio} times (\`bench/chain.ts\`).`;
}

function memory(): string {
  const rows = Object.entries(figures(new URL("./distinct-memory.ts", import.meta.url)));
  const text = rows.map(([what, bytes]) => `${what} ${bytes < 1 ? "less than 1" : bytes} B`).join("; ");
  return `Memory of a distinct count, for each of a million users of a day, whose ids have 19 characters: ${text} (\`bench/distinct-memory.ts\`).`;
}

/** What a script prints as its last line: figures by name, as JSON. */
function figures(script: URL): Record<string, number> {
  const args = ["--expose-gc", "--conditions=millrace-source", fileURLToPath(script)];
  const run = spawnSync(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  return JSON.parse(run.stdout.toString()) as Record<string, number>;
}
