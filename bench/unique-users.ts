import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contestant, Outcome } from "./contestant.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".bench");
const millrace = [process.execPath, join(root, "bin", "millrace.mjs")];

/** The input of the benchmark, made once and kept: frames of 2 KB, and the exact counts by minute. */
export interface Input {
  readonly path: string;
  readonly bytes: number;
  readonly truth: string;
}

/** Makes the frames, or finds those of an earlier run. */
export function inputOf(frames: number): Input {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `frames-${frames}.jsonl`);
  const truth = join(folder, `truth-${frames}.jsonl`);
  if (!existsSync(truth)) {
    const args = ["generate", "frames", "--count", String(frames), "--out", path, "--truth", truth];
    const made = spawnSync(millrace[0]!, [millrace[1]!, ...args], { stdio: "inherit" });
    if (made.status !== 0) throw new Error("the frames could not be made");
  }
  const bytes = Number(spawnSync("stat", ["-c", "%s", path]).stdout.toString());
  return { path, bytes, truth: readFileSync(truth, "utf8") };
}

/** Millrace and its peers on the same file. */
export function contestants(input: Input): Contestant[] {
  const ours = (name: string, ...args: string[]): Contestant => ({
    name,
    command: [
      ...millrace,
      "unique-users",
      "--in",
      input.path,
      "--out",
      join(folder, "counts.jsonl"),
      ...quiet,
      ...args,
    ],
    result: (_, stderr) => outcomeOfOurs(stderr, input.truth),
  });
  const state = join(folder, "state");
  return [
    ours("unique-users --window 1m"),
    {
      ...ours("the same with a checkpoint every second", "--state", state),
      before: () => rm(state, { recursive: true, force: true }),
    },
    ours("the same, --strict", "--strict"),
    {
      name: "wc -l",
      command: ["wc", "-l", input.path],
      result: (stdout) => plain(`${stdout.trim().split(" ")[0]} lines`),
    },
    {
      name: "DuckDB read_json, count(distinct), 1 thread",
      command: [
        process.execPath,
        fileURLToPath(new URL("./peers/duckdb.ts", import.meta.url)),
        input.path,
        String(lastSecond(input.truth) + 60),
      ],
      result: outcomeOfPeer,
    },
    {
      name: "JSON.parse, a Set a minute",
      command: [process.execPath, fileURLToPath(new URL("./peers/json-parse-loop.ts", import.meta.url)), input.path],
      result: outcomeOfPeer,
    },
  ];
}

const quiet = ["--summary", "json", "--progress", "off", "--log", "silent"];

function lastSecond(truth: string): number {
  return Math.max(...linesOf(truth).map((line) => line.ts));
}

function linesOf(text: string): { ts: number; cnt: number }[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { ts: number; cnt: number });
}

function outcomeOfOurs(stderr: string, truth: string): Outcome {
  const summary = JSON.parse(stderr) as { peakRssBytes: number };
  const counts = readFileSync(join(folder, "counts.jsonl"), "utf8");
  if (counts !== truth) throw new Error("the counts are not those that the generator expects");
  return { text: described(linesOf(counts)), rssBytes: summary.peakRssBytes };
}

function outcomeOfPeer(stdout: string): Outcome {
  const { windows, total, rssKb } = JSON.parse(stdout) as { windows: number; total: number; rssKb: number };
  return { text: `${windows} windows, ${total.toLocaleString("en-US")} users`, rssBytes: rssKb * 1024 };
}

function described(lines: readonly { readonly cnt: number }[]): string {
  const total = lines.reduce((sum, line) => sum + line.cnt, 0);
  return `${lines.length} windows, ${total.toLocaleString("en-US")} users`;
}

function plain(text: string): Outcome {
  return { text, rssBytes: undefined };
}
