import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateFrames } from "../../systems/unique-users/simulate/generate-frames.ts";
import { runCli } from "../../systems/unique-users/test-kit/run-cli.ts";
import { runIn, testFolder } from "./process.ts";

const at = testFolder("disk");
const quiet = ["--summary", "none", "--progress", "off", "--log", "error", "--checkpoint", "10ms"];

beforeAll(async () => {
  const chunks: Buffer[] = [];
  const options = { count: 40_000, bytes: 160, ratePerSecond: 50, users: 5_000, badShare: 0.1, seed: 5 };
  await generateFrames(options, (chunk) => void chunks.push(Buffer.from(chunk)));
  await writeFile(at("in.jsonl"), Buffer.concat(chunks));
  await mkdir(at("calm"));
  expect(await runCli(job("calm"))).toMatchObject({ code: 0, stderr: "" });
});

/** A run with its outputs, and its state unless told, in a folder. */
function job(folder: string, state = `${folder}/state`): string[] {
  const files = ["--out", at(`${folder}/counts`), "--dead-letters", at(`${folder}/dead`), "--state", at(state)];
  return ["unique-users", "--in", at("in.jsonl"), "--window", "1s,1m", "--late", "update", ...files, ...quiet];
}

async function expectAsCalm(folder: string): Promise<void> {
  for (const name of ["counts", "dead"]) {
    const [calm, now] = [await readFile(at(`calm/${name}`), "utf8"), await readFile(at(`${folder}/${name}`), "utf8")];
    expect([name, now.length, now === calm]).toEqual([name, calm.length, true]);
    expect(calm.length).toBeGreaterThan(10_000);
  }
}

test("a file that may grow no further ends the run with what to do; with room again it goes on exactly", async () => {
  await mkdir(at("limited"));
  for (const blocks of [20, 400]) {
    const { code, stderr } = await runIn(`trap '' XFSZ; ulimit -f ${blocks}`, job("limited"));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /ML4001: \S+ cannot be written: EFBIG.*Check the disk's space.*start again: nothing acknowledged is lost/,
    );
  }
  expect(await runCli(job("limited"))).toMatchObject({ code: 0, stderr: "" });
  await expectAsCalm("limited");
});

/** A disk of that size at the folder; false where that needs rights we have not got. */
function smallDisk(folder: string, size: string, how = ""): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `${how}size=${size}`, "none", folder], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

const mounted: string[] = [];
afterAll(() => {
  for (const folder of mounted) execFileSync("umount", [folder]);
});

test("so does a disk that is full, under the output or under the state", async ({ skip }) => {
  for (const [folder, state, code] of [
    ["full-output", "outside", "ML4001"],
    ["outputs", "full-state", "ML5004"],
  ] as const) {
    const full = at(folder.startsWith("full") ? folder : state);
    for (const name of [folder, state]) await mkdir(at(name));
    if (!smallDisk(full, "300k")) return skip("needs the right to mount a small disk");
    mounted.push(full);
    for (const _ of [1, 2]) {
      const ended = await runCli(job(folder, state));
      expect([ended.code, ended.stderr]).toEqual([
        1,
        expect.stringMatching(new RegExp(`${code}.*ENOSPC.*start again`)),
      ]);
    }
    expect(smallDisk(full, "100m", "remount,")).toBe(true);
    expect(await runCli(job(folder, state))).toMatchObject({ code: 0, stderr: "" });
    await expectAsCalm(folder);
  }
});

/**
 * Takes every file descriptor but `left` of them before the program starts. What the program imports is loaded before: a
 * module that cannot be opened ends Node itself, and how many it opens at a time is Node's affair.
 */
async function hog(left: number): Promise<string> {
  const path = at(`hog-${left}.mjs`);
  const imported = ["commands.ts", "program.ts"].map((name) => new URL(`../../cli/${name}`, import.meta.url).href);
  const text = `import { closeSync, openSync } from "node:fs";
${imported.map((url) => `await import("${url}");`).join("\n")}
const taken = [];
try { for (;;) taken.push(openSync("/dev/null")); } catch {}
for (const one of taken.slice(taken.length - ${left})) closeSync(one);`;
  await writeFile(path, text);
  return path;
}

test("out of file descriptors, a run ends with the file it could not open; with enough it runs", async () => {
  await mkdir(at("few"));
  for (const left of [1, 2, 3]) {
    const { code, stderr } = await runIn("ulimit -n 128", job("few"), ["--import", await hog(left)]);
    expect([left, code, stderr]).toEqual([left, 1, expect.stringMatching(/ML(3001|4001|5004).*EMFILE/)]);
  }
  expect(await runCli(job("few"))).toMatchObject({ code: 0, stderr: "" });
  await expectAsCalm("few");
});
