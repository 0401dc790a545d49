/**
 * Runs `millrace unique-users --follow --state` for a long time at most of its speed, on a file that grows and rotates, with a
 * kill -9 now and then, and compares what it wrote with what the generator knows, byte for byte. Prints how its memory,
 * files and event loop fared, and ends with 1 when anything was not as it should be.
 *
 * `npm run soak -- [--minutes 2] [--kill-every SECONDS] [--warm-up SECONDS] [--seed N] [--bytes 200] [--load 0.7] [--folder DIR]`. Linux only.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatBytes, seededRandom, sleep, systemClock } from "millrace";
import { type FramesResult, generateFrames } from "../systems/unique-users/simulate/generate-frames.ts";
import { truthLines } from "../systems/unique-users/simulate/truth.ts";
import { SoakJob, until } from "./soak/job.ts";
import { peakOf } from "./soak/peak.ts";
import { ReaderWatch } from "./soak/reader-watch.ts";
import { RotatingFile } from "./soak/rotating-file.ts";
import { Samples } from "./soak/samples.ts";
import { verdictOf } from "./soak/verdict.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    "kill-every": { type: "string" },
    "warm-up": { type: "string" },
    seed: { type: "string", default: "1" },
    bytes: { type: "string", default: "200" },
    load: { type: "string", default: "0.7" },
    folder: { type: "string", default: tmpdir() },
  },
});
const minutes = Number(values.minutes);
const killEveryMs = 1_000 * Number(values["kill-every"] ?? Math.min(600, 15 * minutes));
const warmUpMs = 1_000 * Number(values["warm-up"] ?? Math.min(1_800, killEveryMs / 4_000));
/** Event time runs so much faster than the clock on the wall that minutes see hours begin and end. */
const speedUp = 40;
const rotateBytes = 128 * 1024 * 1024;

const folder = await mkdtemp(join(values.folder, "millrace-soak-"));
const at = (name: string) => join(folder, name);
const jobIn = (run: string) => [
  ...["unique-users", "--in", at(`${run}.jsonl`), "--follow", "--idle", "1h", "--window", "1m,1h"],
  ...["--state", at(`${run}-state`), "--out", at(`${run}-counts`), "--dead-letters", at(`${run}-dead`)],
  ...["--metrics", "0", "--progress", "off", "--summary", "none"],
];
const framesOf = (count: number, ratePerSecond: number) => ({
  ...{ count, ratePerSecond, bytes: Number(values.bytes), seed: Number(values.seed), users: 50_000, badShare: 0.0005 },
});

const samples = new Samples(warmUpMs);
const random = seededRandom(Number(values.seed));
const reader = new ReaderWatch();
const faults: string[] = [];
let generated = false;
let restarts = 0;

/** Keeps the job running until all that was generated is read: samples it, kills it now and then, starts it again. */
async function tend(): Promise<void> {
  for (;;) {
    const job = new SoakJob(jobIn("soak"));
    samples.born();
    reader.reset();
    const ended = new Promise<string>((resolve) => void job.exit.then(resolve));
    const killAtMs = systemClock.monotonic() + killEveryMs * (0.5 + random.next());
    const alive = () => Promise.race([ended, sleep(systemClock, 1_000).then(() => undefined)]);
    while (!generated && systemClock.monotonic() < killAtMs) {
      const how = await alive();
      if (how !== undefined) throw new Error(`the job ended by itself with ${how}: ${job.complaints.at(-1)}`);
      await samples.take(job);
      await reader.look(job);
    }
    await endOf(job);
    if (generated) return;
    restarts += 1;
  }
}

async function endOf(job: SoakJob): Promise<void> {
  if (generated && !(await until(() => reader.hasReadAll(job), 120_000))) faults.push("not all was read in the end");
  const how = await job.end(generated ? "SIGTERM" : "SIGKILL");
  if (how !== (generated ? "0" : "SIGKILL")) faults.push(`the job ended with ${how}`);
  noteComplaints(job);
}

/** What the job said beyond frames refused, which the generator made to be. */
function noteComplaints(job: SoakJob): void {
  faults.push(...job.complaints.filter((line) => !line.includes('"kind":"dead ')).map((line) => line.slice(0, 400)));
}

/** Lets the windows still open be written, as at the end of the input. */
async function finish(): Promise<void> {
  const job = new SoakJob([...jobIn("soak"), "--timeout", "1s"]);
  const how = await job.exit;
  if (how !== "0") faults.push(`the last run ended with ${how}`);
  noteComplaints(job);
}

async function compare(result: FramesResult): Promise<number> {
  const counts = (await readFile(at("soak-counts"), "utf8")).split("\n");
  const truth = truthLines(result.truth!).split("\n");
  const wrong = truth.findIndex((line, index) => line !== counts[index]);
  if (wrong !== -1) faults.push(`line ${wrong + 1} of the counts is ${counts[wrong]}, not ${truth[wrong]}`);
  else if (counts.length !== truth.length) faults.push(`there are ${counts.length - truth.length} lines too many`);
  const dead = (await readFile(at("soak-dead"))).reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);
  if (dead !== result.bad + result.future) faults.push(`${dead} dead letters, not ${result.bad + result.future}`);
  return truth.length - 1;
}

async function soak(): Promise<void> {
  const peak = await peakOf(jobIn("peak"), at("peak.jsonl"), framesOf(400_000, 20_000));
  const bytesPerSecond = Number(values.load) * peak;
  const framesPerSecond = bytesPerSecond / Number(values.bytes);
  say(
    `peak ${formatBytes(peak)}/s; ${minutes} min at ${formatBytes(bytesPerSecond)}/s, killed about every ${killEveryMs / 1000} s`,
  );
  const input = new RotatingFile(at("soak.jsonl"), bytesPerSecond, rotateBytes, () => reader.mayRotate());
  reader.input = input;
  const truth = { windowsMs: [60_000, 3_600_000], lagMs: 5_000, maxFutureMs: 60_000 };
  const frames = { ...framesOf(Math.round(minutes * 60 * framesPerSecond), framesPerSecond / speedUp), truth };
  const began = systemClock.monotonic();
  const tended = tend();
  const made = generateFrames({ ...frames, chunkBytes: 64 * 1024 }, (lines) => input.write(lines));
  const result = await Promise.race([made, tended.then(() => made)]);
  generated = true;
  await tended;
  await input.close();
  const seconds = (systemClock.monotonic() - began) / 1000;
  await finish();
  const windows = await compare(result);
  say(
    `${result.frames} frames, ${formatBytes(input.bytes)} in ${seconds.toFixed(0)} s: ${formatBytes(input.bytes / seconds)}/s`,
  );
  say(
    `${windows} windows compared, ${restarts} kills, ${input.rotations} rotations, ${result.bad + result.future} dead letters`,
  );
}

function tell(): void {
  const figures = samples.figures();
  const perHour = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB/h`;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const { rssSlope } = figures;
  const slope =
    rssSlope === undefined
      ? "too few samples for a slope"
      : `slope ${perHour(rssSlope.slope)}, 95 % within ${perHour(rssSlope.lower)} to ${perHour(rssSlope.upper)}`;
  say(`${figures.count} samples, warmed up, over ${(figures.watchedMs / 1000).toFixed(0)} s`);
  say(`RSS at most ${formatBytes(figures.rssMaxBytes)}; ${slope}`);
  say(
    `open files ${figures.filesMin} to ${figures.filesMax}; longest pause for a checkpoint ${ms(figures.pauseWorstMs)}`,
  );
  say(`event loop lag p99 ${ms(figures.lagP99Ms)}, worst ${ms(figures.lagWorstMs)}`);
  say(`  in the ${figures.ownSeconds} s in which it had a processor to itself: p99 ${ms(figures.ownLagP99Ms)}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await soak();
  tell();
  faults.push(...verdictOf(samples.figures()));
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const fault of faults) say(`VIOLATION: ${fault}`);
say(faults.length === 0 ? "verdict: all well" : `verdict: ${faults.length} violations`);
process.exit(faults.length === 0 ? 0 : 1);
