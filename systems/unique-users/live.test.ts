import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ended, startCli } from "./test-kit/run-cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-live-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Waits until a stream has carried something that matches; gives the match. */
async function until(stream: NodeJS.ReadableStream, wanted: RegExp): Promise<RegExpExecArray> {
  let text = "";
  for (;;) {
    const [chunk] = (await once(stream, "data")) as [Buffer];
    text += String(chunk);
    const match = wanted.exec(text);
    if (match !== null) return match;
  }
}

const frame = (ts: number, uid: string) => `{"ts":${ts},"uid":"${uid}"}\n`;
const quiet = ["--summary", "json", "--progress", "off", "--log", "info"];

test("a pipe that falls silent has its open windows flushed, and corrected when more comes", async () => {
  const child = startCli(["unique-users", "--in", "-", "--idle", "50ms", ...quiet]);
  const result = ended(child);
  child.stdin!.write(frame(60, "a") + frame(61, "b"));
  await until(child.stdout!, /"cnt":2}\n$/);
  child.stdin!.write(frame(62, "c"));
  await until(child.stdout!, /"cnt":3,"update":true}\n$/);
  child.stdin!.end(frame(121, "a"));
  const { code, stdout, stderr } = await result;
  expect(code).toBe(0);
  expect(stdout).toBe('{"ts":60,"cnt":2}\n{"ts":60,"cnt":3,"update":true}\n{"ts":120,"cnt":1}\n');
  expect(JSON.parse(stderr)).toMatchObject({ frames: 4, bad: 0, late: 0, held: 0 });
});

test("a silence of --timeout ends the run as the end of its input would", async () => {
  const child = startCli(["unique-users", "--in", "-", "--timeout", "50ms", ...quiet]);
  const result = ended(child);
  child.stdin!.write(frame(60, "a"));
  expect(await result).toMatchObject({ code: 0, stdout: '{"ts":60,"cnt":1}\n' });
});

test("a followed file is counted as it grows; SIGTERM keeps open windows in the state, and the next run goes on", async () => {
  const input = join(folder, "grows.jsonl");
  const out = join(folder, "grows-counts.jsonl");
  const args = ["unique-users", "--in", input, "--out", out, "--state", join(folder, "state"), "--follow"];
  args.push("--metrics", "0", "--checkpoint", "20ms", "--max-future", "1h", ...quiet);
  await writeFile(input, "");
  const first = startCli(args);
  const firstEnd = ended(first);
  const url = (await until(first.stderr!, /status on (http:\S+)\/status/))[1]!;
  await appendFile(input, Array.from({ length: 100 }, (_, i) => frame(60, `u${i % 10}`)).join("") + frame(125, "z"));
  await polled(async () => (await readFile(out, "utf8")) === '{"ts":60,"cnt":10}\n');
  expect(await (await fetch(`${url}/explain`)).text()).toContain("waits for event time 00:03:00Z, it is at 00:02:00Z");
  expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/millrace_records_in_total\{step="users"\} 101\n/);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await explained(first);
  first.kill("SIGTERM");
  expect(await firstEnd).toMatchObject({ code: 0, signal: null });
  expect(await readFile(out, "utf8")).toBe('{"ts":60,"cnt":10}\n');

  await appendFile(input, frame(126, "y") + frame(185, "x"));
  const second = startCli(args);
  const secondEnd = ended(second);
  await polled(async () => (await readFile(out, "utf8")).endsWith('{"ts":120,"cnt":2}\n'));
  second.kill("SIGINT");
  expect((await secondEnd).code).toBe(0);
  expect(await readFile(out, "utf8")).toBe('{"ts":60,"cnt":10}\n{"ts":120,"cnt":2}\n');
});

async function explained(child: ChildProcess): Promise<void> {
  child.kill("SIGUSR2");
  await until(child.stderr!, /exactly-once: file [\s\S]*waits for event time/);
}

/** Resolves when the condition holds; the test's own time limit is the only one. */
async function polled(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false))) await new Promise((resolve) => setImmediate(resolve));
}

test("output into a pipe whose reader goes away ends the run quietly", async () => {
  const child = startCli(["unique-users", "--in", "-", "--window", "1s", "--max-future", "1h", "--progress", "off"]);
  const result = ended(child);
  child.stdout!.destroy();
  child.stdin!.on("error", () => {});
  child.stdin!.end(Array.from({ length: 20_000 }, (_, i) => frame(i, "a")).join(""));
  const { code, stderr } = await result;
  expect(stderr).not.toContain("ML");
  expect(code).toBe(0);
});
