// `npm run bench -- kafka-latency [--write]`: how long a result takes from the frame that completes it to a reader who sees only
// what is committed, while the pipeline runs at half of what it can do. One partition, frames of 2 KB, every user counted once;
// the producer, the broker, the pipeline and the reader share the machine. First the full load is found: the producer writes as
// fast as the broker takes it while the pipeline keeps up as it can, and what the pipeline counts a second is the load.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { aboutRun, writeSection } from "../report.ts";
import { inputOf } from "../unique-users.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { eventTimeBase } from "./event-time-base.ts";
import { type SeenCount, watchCounts } from "./watch-counts.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
const modes = ["--at-least-once", "--exactly-once"] as const;
const windowMs = 20;
const fullSeconds = 12;
const halfSeconds = 30;
/** What is not looked at: processes begin, code is compiled. */
const warmUpMs = 5000;
const drainMsMax = 60_000;
const framesOfInput = 200_000;
const root = fileURLToPath(new URL("../..", import.meta.url));
const producer = fileURLToPath(new URL("./paced-producer.ts", import.meta.url));

/** What one mode came to. Latencies in milliseconds. */
interface Outcome {
  readonly mode: string;
  readonly fullPerSecond: number;
  readonly ratePerSecond: number;
  readonly results: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  /** Whether every frame written was counted. */
  readonly complete: boolean;
}

const input = inputOf(framesOfInput);
const cluster = await startCluster();
try {
  const outcomes: Outcome[] = [];
  for (const mode of modes) outcomes.push(await run(cluster, mode));
  const text = [aboutRun(framesOfInput, input.bytes, "npm run bench -- kafka-latency"), "", table(outcomes)].join("\n");
  process.stdout.write(`${text}\n`);
  if (values.write) writeSection("bench-kafka-latency", text);
} finally {
  await cluster.stop();
}

async function run({ brokers, make }: Cluster, mode: string): Promise<Outcome> {
  const [topic, out] = [`frames${mode}`, `counts${mode}`];
  await make(topic, 1);
  await make(out, 1);
  const start = Date.now();
  const pipeline = startPipeline(brokers, topic, out, mode);
  const counts = watchCounts(brokers, out);
  try {
    tell(`${mode}: full load`);
    const full = await produce(brokers, topic, start, 0, fullSeconds);
    await drained(counts.seen, full.sent, pipeline);
    const fullPerSecond = perSecond(counts.seen);
    const ratePerSecond = Math.floor(fullPerSecond / 2);
    tell(`${mode}: ${fullPerSecond} frames/s at full load; now ${ratePerSecond}`);
    const before = counts.seen.length;
    const half = await produce(brokers, topic, start, ratePerSecond, halfSeconds);
    const complete = await drained(counts.seen, full.sent + half.sent, pipeline);
    return { mode, fullPerSecond, ratePerSecond, complete, ...latencies(counts.seen.slice(before), start) };
  } finally {
    pipeline.kill("SIGTERM");
    await Promise.all([counts.stop(), pipeline.exitCode === null ? once(pipeline, "close") : undefined]);
  }
}

function startPipeline(brokers: string, topic: string, out: string, mode: string): ChildProcess {
  const ends = [
    "--in",
    `kafka://${brokers}/${topic}`,
    "--out",
    `kafka://${brokers}/${out}`,
    "--group",
    `latency${mode}`,
  ];
  const rules = ["--window", `${windowMs}s`, "--lag", "0s", "--max-future", "30d", "--idle", "1s"];
  const quiet = ["--summary", "none", "--progress", "off", "--log", "error"];
  const main = join(root, "bin", "millrace.mjs");
  return spawn(process.execPath, [main, "unique-users", ...ends, mode, ...rules, ...quiet], {
    stdio: ["ignore", "inherit", "inherit"],
  });
}

async function produce(brokers: string, topic: string, start: number, rate: number, seconds: number) {
  const args = [producer, brokers, topic, input.path, String(start), String(rate), String(seconds)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the producer ended with exit code ${code}`);
  return JSON.parse(stdout) as { readonly sent: number; readonly seconds: number };
}

/** Waits until all but the windows still open are counted; false when they do not come. */
async function drained(seen: readonly SeenCount[], sent: number, pipeline: ChildProcess): Promise<boolean> {
  const deadline = Date.now() + drainMsMax;
  let before = -1;
  while (Date.now() < deadline) {
    if (pipeline.exitCode !== null) throw new Error(`the pipeline ended with exit code ${pipeline.exitCode}`);
    const counted = sum(seen);
    // The last window comes when the input has been silent for so long: nothing comes behind it.
    if (counted >= sent) return true;
    before = counted;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  tell(`only ${before} of ${sent} were counted`);
  return false;
}

/** Of all windows; a window that was flushed and then corrected counts once. */
function sum(seen: readonly SeenCount[]): number {
  const counts = new Map(seen.map(({ ts, cnt }) => [ts, cnt]));
  return [...counts.values()].reduce((total, cnt) => total + cnt, 0);
}

/** Frames counted a second, from the first results on; without the last window, which waits for silence. */
function perSecond(seen: readonly SeenCount[]): number {
  const [first, last] = [seen[0]!, seen.at(-2)!];
  const counted = seen.filter(({ atMs }) => atMs > first.atMs && atMs <= last.atMs);
  return Math.round(sum(counted) / ((last.atMs - first.atMs) / 1000));
}

/** From a window's end, which is when its next frame was made, to the sight of its result. */
function latencies(seen: readonly SeenCount[], start: number) {
  const begin = seen[0]!.ts + warmUpMs;
  const ends = seen.filter(({ ts }) => ts >= begin).slice(0, -1);
  const all = ends.map(({ ts, atMs }) => atMs - (start + ts + windowMs - eventTimeBase)).sort((a, b) => a - b);
  const at = (share: number) => all[Math.min(all.length - 1, Math.floor(all.length * share))]!;
  return { results: all.length, p50: at(0.5), p99: at(0.99), most: all.at(-1)! };
}

function table(outcomes: readonly Outcome[]): string {
  const exact = (count: number) => count.toLocaleString("en-US");
  const rows = outcomes.map((one) => {
    const times = [one.p50, one.p99, one.most].map((ms) => `${Math.round(ms)} ms`);
    const cells = [one.mode.slice(2), exact(one.fullPerSecond), exact(one.ratePerSecond), ...times, exact(one.results)];
    return `| ${[...cells, one.complete ? "all" : "not all"].join(" | ")} |`;
  });
  const head = "| | full load, frames/s | measured at | p50 | p99 | most | results | frames counted |";
  return [head, "|---|---|---|---|---|---|---|---|", ...rows].join("\n");
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
