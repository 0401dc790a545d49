import { once } from "node:events";
import { type FSWatcher, mkdirSync, watch } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "millrace";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateFrames } from "./simulate/generate-frames.ts";
import { runCli, startCli } from "./test-kit/run-cli.ts";

const kills = 25;
const random = seededRandom(Number(process.env.MILLRACE_SEED ?? 1));
let folder: string;
let input: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-crash-"));
  input = join(folder, "frames.jsonl");
  const chunks: Buffer[] = [];
  const options = {
    count: 250_000,
    bytes: 160,
    ratePerSecond: 400,
    users: 20_000,
    badShare: 0.001,
    futureShare: 0.001,
  };
  await generateFrames({ ...options, seed: 7 }, (chunk) => void chunks.push(Buffer.from(chunk)));
  await writeFile(input, Buffer.concat(chunks));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function command(run: string, ...extra: string[]): string[] {
  const file = (name: string) => join(folder, `${run}-${name}.jsonl`);
  return [
    ...["unique-users", "--in", input, "--window", "1m,1h", "--late", "update", "--allowed-lateness", "5s"],
    ...["--out", file("counts"), "--late-out", file("late"), "--dead-letters", file("dead")],
    ...["--summary", "none", "--progress", "off", "--log", "error", "--checkpoint", "10ms", ...extra],
  ];
}

/** Starts a run and kills it at the given change in its state folder; false when it ended before. */
async function killedAtChange(args: readonly string[], state: string, change: number): Promise<boolean> {
  let seen = 0;
  mkdirSync(state, { recursive: true });
  const child = startCli(args);
  const watcher: FSWatcher = watch(state, () => {
    seen += 1;
    if (seen >= change) child.kill("SIGKILL");
  });
  let stderr = "";
  child.stderr!.on("data", (chunk) => (stderr += String(chunk)));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  watcher.close();
  expect(stderr).toBe("");
  expect(code ?? signal).toSatisfy((how) => how === 0 || how === "SIGKILL");
  return signal === "SIGKILL";
}

test(`killed ${kills} times with -9 and started again, a run writes what an undisturbed one does, byte for byte`, async () => {
  expect(await runCli(command("calm"))).toMatchObject({ code: 0, stderr: "" });
  const state = join(folder, "state");
  const args = command("killed", "--state", state);
  let killed = 0;
  while (killed < kills) {
    if (await killedAtChange(args, state, 1 + random.below(40))) killed += 1;
    else await startAfresh(state);
  }
  expect(await runCli(args)).toMatchObject({ code: 0, stderr: "" });
  await expectSameOutputs();
});

/** A run that got to its end has nothing left to kill: it is checked, and the next begins. */
async function startAfresh(state: string): Promise<void> {
  await expectSameOutputs();
  await rm(state, { recursive: true });
}

async function expectSameOutputs(): Promise<void> {
  for (const name of ["counts", "late", "dead"]) {
    const calm = (await readFile(join(folder, `calm-${name}.jsonl`), "utf8")).split("\n");
    const killed = (await readFile(join(folder, `killed-${name}.jsonl`), "utf8")).split("\n");
    const at = calm.findIndex((line, index) => line !== killed[index]);
    expect([name, at, killed[at]?.slice(0, 200)]).toEqual([name, -1, undefined]);
    expect(killed.length).toBe(calm.length);
    expect(calm.length).toBeGreaterThan(1);
  }
}
