// `npm run bench [-- --frames N --rounds N --write]`: measures, prints a table, and with --write puts it into
// docs/performance.md.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { type Measured, measure, median } from "./contestant.ts";
import { contestants, inputOf } from "./unique-users.ts";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});
const page = new URL("../docs/performance.md", import.meta.url);
const input = inputOf(Number(values.frames));
const [ours, ...others] = await measure(contestants(input), Number(values.rounds));
const text = [machine(), "", table(ours!, others), "", chain()].join("\n");
process.stdout.write(`${text}\n`);
if (values.write) replaceBetween("<!-- bench: begin -->", "<!-- bench: end -->", text);

function machine(): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const date = new Date().toISOString().slice(0, 10);
  const size = `${(input.bytes / 1e9).toFixed(2)} GB in ${Number(values.frames).toLocaleString("en-US")} frames`;
  return `${date}, ${cpus().length} cores of ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}. Input: ${size}. \`npm run bench -- --rounds ${values.rounds}\`: whole processes from start to exit, in turn; median (least–most).`;
}

function table(first: Measured, rest: readonly Measured[]): string {
  const rows = [first, ...rest].map((one) => row(one, first));
  return ["| | seconds | time / ours | RSS | result |", "|---|---|---|---|---|", ...rows].join("\n");
}

function row(one: Measured, first: Measured): string {
  const [least, most] = [Math.min(...one.seconds), Math.max(...one.seconds)];
  const seconds = `${median(one.seconds).toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
  const ratio = median(one.seconds.map((second, round) => second / first.seconds[round]!)).toFixed(2);
  const rss = one.rssBytes.length === 0 ? "" : `${Math.round(Math.max(...one.rssBytes) / 1e6)} MB`;
  return `| ${one.contestant.name} | ${seconds} | ${ratio} | ${rss} | ${one.outcome} |`;
}

function chain(): string {
  const script = new URL("./chain.ts", import.meta.url).pathname;
  const run = spawnSync(process.execPath, ["--conditions=millrace-source", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { engineNs, handNs } = JSON.parse(run.stdout.toString()) as { engineNs: number; handNs: number };
  const ratio = (engineNs / handNs).toFixed(2);
  return `A chain of ten maps and filters: ${engineNs.toFixed(1)} ns a record in the engine, ${handNs.toFixed(1)} ns in a loop written by hand over the same batches: ${ratio} times (\`bench/chain.ts\`).`;
}

function replaceBetween(begin: string, end: string, body: string): void {
  const before = readFileSync(page, "utf8");
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for the table: ${begin} ... ${end}`);
  writeFileSync(page, `${before.slice(0, from + begin.length)}\n${body}\n${before.slice(to)}`);
}
