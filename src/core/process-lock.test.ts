import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeDisk } from "./node-disk.ts";
import { thisProcess } from "./process-identity.ts";

let folder: string;
let path: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-lock-"));
  path = join(folder, "lock");
  children = [];
});
afterEach(async () => {
  for (const child of children) await kill(child);
  await rm(folder, { recursive: true });
});

const program = `
  import { nodeDisk } from ${JSON.stringify(new URL("./node-disk.ts", import.meta.url).href)};
  process.stdin.once("data", async () => {
    try {
      await nodeDisk.lock(process.argv[1]);
      console.log("got it");
    } catch (error) {
      console.log(error.message);
    }
  });
  console.log("ready");
`;

/** A process that takes the lock when told to; then it lives on until it is killed. */
async function starter(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  expect(await line(child)).toBe("ready");
  return child;
}

async function start(child: ChildProcess): Promise<string> {
  child.stdin!.write("go\n");
  return line(child);
}

function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout!.once("data", (data) => resolve(String(data).trim())));
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
}

test("one process at a time, and the error names who holds it", async () => {
  const child = await starter();
  expect(await start(child)).toBe("got it");
  await expect(nodeDisk.lock(path)).rejects.toThrow(`process ${child.pid} holds ${path}`);
  await expect(nodeDisk.lock(path)).rejects.toMatchObject({ code: "ML5001", retryable: true });
});

test("the lock of a process killed by SIGKILL is taken over, and leaves nothing behind", async () => {
  const child = await starter();
  expect(await start(child)).toBe("got it");
  await kill(child);
  const release = await nodeDisk.lock(path);
  await release();
  expect(await readdir(path)).toEqual([]);
});

test("of several processes that start at once on a stale lock, one gets it", async () => {
  for (let round = 0; round < 4; round++) {
    const starters = await Promise.all(Array.from({ length: 4 }, starter));
    const answers = await Promise.all(starters.map(start));
    expect(answers.filter((answer) => answer === "got it").length, answers.join("\n")).toBe(1);
    expect(answers.filter((answer) => answer.includes("ML5001")).length, answers.join("\n")).toBe(3);
    // The winner's lock is the stale one of the next round.
    for (const child of starters) await kill(child);
  }
});

test("of several in one process, one gets it, and the next after it was released", async () => {
  for (let round = 0; round < 20; round++) {
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => nodeDisk.lock(path)));
    const got = results.filter((result) => result.status === "fulfilled");
    expect(got.length).toBe(1);
    await got[0]!.value();
  }
});

const token = "00000000-0000-4000-8000-000000000000";

/** Leaves a held lock that says it is of such a process. */
async function leave(pid: number, startTime: string, bootId: string): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const state of ["claim", "held"])
    await writeFile(join(path, `${pid}.${startTime}.${bootId}.${token}.${state}`), "");
}

test.runIf(process.platform === "linux")(
  "a process with the same id that was started at another time, or boot, does not count",
  async () => {
    const { pid, startTime, bootId } = await thisProcess();
    expect(startTime).toMatch(/^\d+$/);
    await leave(pid, String(Number(startTime) - 1), bootId);
    await (await nodeDisk.lock(path))();
    await leave(pid, startTime, "ffffffff-0000-4000-8000-000000000000");
    await (await nodeDisk.lock(path))();
    await leave(pid, startTime, bootId);
    await expect(nodeDisk.lock(path)).rejects.toMatchObject({ code: "ML5001" });
  },
);

test("where start times are not known, any living process with the id counts, and a dead one does not", async () => {
  await leave(process.pid, "x", "x");
  await expect(nodeDisk.lock(path)).rejects.toThrow(`process ${process.pid} holds`);
  await rm(path, { recursive: true });
  const child = await starter();
  await kill(child);
  await leave(child.pid!, "x", "x");
  await (await nodeDisk.lock(path))();
  expect(await readdir(path)).toEqual([]);
});

test("a claim that never comes to anything is given up on, not waited for for ever", async () => {
  const { pid, startTime, bootId } = await thisProcess();
  await mkdir(path, { recursive: true });
  await writeFile(join(path, `${pid}.${startTime}.${bootId}.ffffffff-ffff-4fff-bfff-ffffffffffff.claim`), "");
  await expect(nodeDisk.lock(path)).rejects.toMatchObject({ code: "ML5001" });
});

test("files that are no claims are left alone", async () => {
  await mkdir(path);
  await writeFile(join(path, "note.txt"), "");
  await (await nodeDisk.lock(path))();
  expect(await readdir(path)).toEqual(["note.txt"]);
});
