import { mkdirSync, watch } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { generateFrames } from "../../systems/unique-users/simulate/generate-frames.ts";
import type { Summary } from "../../systems/unique-users/summary.ts";
import { ended, runCli, startCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { frame, offer, statusUrl, statusWhen, testFolder } from "./process.ts";

const at = testFolder("shutdown");
const rules = ["unique-users", "--window", "1s,1m", "--late", "update", "--progress", "off"];
let lines: string[];

beforeAll(async () => {
  const chunks: Buffer[] = [];
  const options = { count: 150_000, bytes: 160, ratePerSecond: 400, users: 20_000, badShare: 0.01, seed: 9 };
  await generateFrames(options, (chunk) => void chunks.push(Buffer.from(chunk)));
  await writeFile(at("in.jsonl"), Buffer.concat(chunks));
  lines = Buffer.concat(chunks).toString("latin1").split("\n");
});

function job(folder: string): string[] {
  const files = [
    "--out",
    at(`${folder}/counts`),
    "--dead-letters",
    at(`${folder}/dead`),
    "--state",
    at(`${folder}/state`),
  ];
  return [...rules, "--in", at("in.jsonl"), ...files, "--summary", "json", "--log", "error", "--checkpoint", "10ms"];
}

/** Runs until the state folder has changed so often, then sends the signal. */
async function stoppedAt(change: number, args: readonly string[], state: string, signal: NodeJS.Signals) {
  mkdirSync(state, { recursive: true });
  const child = startCli(args);
  let seen = 0;
  const watcher = watch(state, () => {
    seen += 1;
    if (seen === change) child.kill(signal);
  });
  const result = await ended(child);
  watcher.close();
  return { ...result, frames: (JSON.parse(result.stderr) as Summary).frames };
}

test("told to stop under load, a run ends with 0, and the next ones go on to the same bytes as an undisturbed one", async () => {
  for (const folder of ["calm", "stopped"]) await mkdir(at(folder));
  expect(await runCli(job("calm"))).toMatchObject({ code: 0 });
  let frames = 0;
  const stops = [2, 6, 4] as const;
  for (const [index, change] of stops.entries()) {
    const signal = index % 2 === 0 ? "SIGTERM" : "SIGINT";
    const run = await stoppedAt(change, job("stopped"), at("stopped/state"), signal);
    expect([run.code, run.signal]).toEqual([0, null]);
    frames += run.frames;
    if (index === 0) expect(frames).toBeLessThan(lines.length - 1);
  }
  const last = await runCli(job("stopped"));
  expect(last.code).toBe(0);
  expect(frames + (JSON.parse(last.stderr) as Summary).frames).toBe(lines.length - 1);
  for (const name of ["counts", "dead"]) {
    const [calm, stopped] = [await readFile(at(`calm/${name}`), "utf8"), await readFile(at(`stopped/${name}`), "utf8")];
    expect([name, stopped.length, stopped === calm]).toEqual([name, calm.length, true]);
  }
});

test("told to stop under load of a pipe, a run counts what it has read, and says how much that was", async () => {
  const child = startCli([...rules, "--in", "-", "--metrics", "0", "--summary", "json"]);
  child.stdin!.on("error", () => {});
  const result = ended(child);
  const url = await statusUrl(child);
  const offered = offer(child.stdin!, endless());
  await statusWhen(url, ({ sources }) => sources[0]!.records > 10_000);
  child.kill("SIGTERM");
  const { code, stdout, stderr } = await result;
  await offered;
  expect(code).toBe(0);
  const { frames } = JSON.parse(stderr.trim().split("\n").at(-1)!) as Summary;
  const again = await runCli([...rules, "--in", "-", "--summary", "none"], Buffer.concat(firstOf(frames)));
  expect(again.stdout).toBe(stdout);
  expect(stdout.split("\n").length).toBeGreaterThan(20);
});

/** All frames, again and again, in pieces. */
function* endless(): Generator<Buffer> {
  for (let from = 0; ; from = (from + 100) % (lines.length - 1)) {
    yield Buffer.from(
      lines
        .slice(from, Math.min(from + 100, lines.length - 1))
        .map((line) => `${line}\n`)
        .join(""),
      "latin1",
    );
  }
}

/** The first so many frames of that. */
function firstOf(count: number): Buffer[] {
  const pieces: Buffer[] = [];
  const pages = endless();
  for (let left = count; left > 0; ) {
    const page = pages.next().value as Buffer;
    const all = page.toString("latin1").split("\n").slice(0, -1);
    pieces.push(
      Buffer.from(
        all
          .slice(0, left)
          .map((line) => `${line}\n`)
          .join(""),
        "latin1",
      ),
    );
    left -= all.length;
  }
  return pieces;
}

/** A run whose output nobody takes, once it waits for that. */
async function stuck(...args: string[]) {
  const many = ["--in", "-", "--window", "1s", "--max-future", "1d", "--metrics", "0", "--summary", "none"];
  const child = startCli(["unique-users", "--progress", "off", ...many, ...args]);
  child.stdin!.on("error", () => {});
  const url = await statusUrl(child);
  let stderr = "";
  child.stderr!.on("data", (chunk) => (stderr += String(chunk)));
  void offer(child.stdin!, sparse());
  await statusWhen(url, ({ sources }) => sources[0]!.activity === "held back");
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, exit, url, stderr: () => stderr };
}

/** Frames that each make a window. */
function* sparse(): Generator<string> {
  for (let i = 0; i < 1_000_000; i += 500) {
    yield Array.from({ length: 500 }, (_, k) => frame(10 * (i + k), "a")).join("");
  }
}

test("a run whose output nobody takes gives up when it may drain no longer, and says so", async () => {
  const { child, exit, stderr } = await stuck("--drain", "100ms");
  child.kill("SIGTERM");
  expect(await exit).toBe(1);
  expect(stderr()).toContain("ML6001");
  child.stdout!.destroy();
});

test("a second signal ends a run at once, with the code a shell knows it by", async () => {
  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const) {
    const { child, exit, url } = await stuck("--drain", "1d");
    child.kill("SIGTERM");
    await statusWhen(url, ({ state }) => state === "draining");
    child.kill(signal);
    expect(await exit).toBe(code);
    child.stdout!.destroy();
  }
});
