import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { durationMs, formatDigits } from "millrace";
import { defineCommand, readOptions, runPipeline } from "millrace/command";
import { fileSink, fileSource } from "millrace/file";
import { countEncoder } from "./counts.ts";
import { frameFormat } from "./frame.ts";
import { options } from "./options.ts";
import { uniqueUsers } from "./pipeline.ts";
import { generateFrames } from "./simulate/generate-frames.ts";
import { summaryOf, summaryText } from "./summary.ts";

const frames = 200_000;
const windowsShown = 12;
const barChars = 40;

/** `millrace demo`: what `npm start` shows. */
export const demo = defineCommand({
  name: "demo",
  summary: "see it work: make frames in a temporary folder, count them, show the counts",
  about: `Makes ${frames} frames in a temporary folder, counts their users by minute and hour, and shows the result. Leaves nothing behind.`,
  examples: [["millrace demo", "takes a few seconds"]],
  options: {},
  run: runDemo,
});

async function runDemo(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-demo-"));
  try {
    return await countIn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function countIn(folder: string): Promise<number> {
  const input = join(folder, "frames.jsonl");
  const output = join(folder, "counts.jsonl");
  say(`Making ${formatDigits(frames)} frames, some of them late, hostile or malformed ...`);
  await makeFrames(input);
  say("Counting distinct users by minute and hour ...");
  const values = readOptions(options, { window: ["1m,1h"], log: ["error"] });
  const format = await frameFormat(values);
  const rules = {
    windowsMs: values.window,
    lagMs: values.lag,
    maxFutureMs: values["max-future"],
    idleMs: values.idle,
    late: values.late,
    allowedLatenessMs: values["allowed-lateness"],
    approximate: undefined,
  };
  const counts = fileSink(output, { encoder: countEncoder(values.window.length) });
  const pipeline = uniqueUsers(rules, { frames: fileSource(input, { framing: format.framing }), format, counts });
  const { code, status } = await runPipeline(pipeline, values);
  if (code !== 0 || status === undefined) return code;
  say(`\n${table(await readFile(output, "utf8"))}\n${summaryText(summaryOf(status))}\n${whatNext}`);
  return 0;
}

async function makeFrames(path: string): Promise<void> {
  const out = createWriteStream(path);
  const failed = new Promise<never>((_, reject) => out.once("error", reject));
  failed.catch(() => {});
  const write = (chunk: Uint8Array) => new Promise<void>((resolve) => out.write(chunk, () => resolve()));
  await Promise.race([generateFrames({ count: frames, ratePerSecond: 250, bytes: 1_024 }, write), failed]);
  await new Promise<void>((resolve) => out.end(resolve));
}

interface Line {
  readonly ts: number;
  readonly cnt: number;
  readonly window: string;
}

/** The first windows and all hours, each with a bar that shows its share of the largest of its size. */
function table(text: string): string {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
  const sizes = [...new Set(lines.map((line) => line.window))].sort((a, b) => durationMs(a) - durationMs(b));
  return sizes
    .map((size) => {
      const all = lines.filter((line) => line.window === size);
      const most = Math.max(...all.map((line) => line.cnt));
      const rows = all.slice(0, windowsShown).map((line) => row(line, most));
      const rest = all.length > windowsShown ? [`  ... and ${all.length - windowsShown} more`] : [];
      return [`distinct users per ${size}`, ...rows, ...rest, ""].join("\n");
    })
    .join("\n");
}

function row({ ts, cnt }: Line, most: number): string {
  const time = new Date(ts * 1000).toISOString().slice(0, 16).replace("T", " ");
  return `  ${time}  ${String(cnt).padStart(7)}  ${"█".repeat(Math.max(1, Math.round((barChars * cnt) / most)))}`;
}

const whatNext = `What to try next:
  npx millrace generate frames --count 100000 --out frames.jsonl     frames of your own to play with
  npx millrace unique-users --in frames.jsonl --window 1m,1h         count them
  npx millrace unique-users --in frames.jsonl --explain              what the pipeline does and promises
  npx millrace unique-users --help                                   everything else
`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
