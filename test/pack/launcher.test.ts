import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";

const launcher = fileURLToPath(new URL("../../bin/millrace.mjs", import.meta.url));

/** A program that says when it is ready and which signals reach it, and ends at SIGUSR2. */
const listening = `
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => console.log(signal));
  process.on("SIGUSR2", () => process.exit(5));
  setInterval(() => {}, 1000);
  console.log("ready");
`;

/** A package like ours around `program`, that asks for a newer Node than any there is, and brings "it" along. */
function installed(program: string, ownNode: "own node" | "no own node" = "own node"): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-launcher-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files: Record<string, string> = {
    "package.json": '{ "type": "module" }',
    "bin/millrace.mjs": readFileSync(launcher, "utf8").replace("nodeMajorMin = 24", "nodeMajorMin = 999"),
    "dist/cli/main.js": program,
  };
  if (ownNode === "own node") files["node_modules/node/package.json"] = '{ "version": "999.0.0" }';
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  if (ownNode === "own node") {
    mkdirSync(join(folder, "node_modules/node/bin"));
    symlinkSync(process.execPath, join(folder, "node_modules/node/bin/node"));
  }
  return join(folder, "bin/millrace.mjs");
}

/** Starts it as the leader of a process group of its own, as a terminal or a service manager does. */
function start(program: string, ...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { detached: true, stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => killGroup(child));
  return child;
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

describe.skipIf(process.platform === "win32")("on a machine with an older Node", () => {
  beforeAll(() => expect(readFileSync(launcher, "utf8")).toContain("nodeMajorMin = 24;"));

  test("the command runs on the Node that the project has, with its arguments, input, output and exit code", async () => {
    const program = installed(`
      let bytes = 0;
      for await (const chunk of process.stdin) bytes += chunk.length;
      console.log(JSON.stringify([process.argv.slice(2), bytes, Object.keys(process.env).filter((name) => /MILLRACE/.test(name))]));
      process.exitCode = 7;
    `);
    const child = start(program, "unique-users", "--in", "a b");
    child.stdin.end("x".repeat(100_000));
    const output = text(child.stdout);
    expect(await once(child, "close")).toEqual([7, null]);
    expect(JSON.parse(await output)).toEqual([["unique-users", "--in", "a b"], 100_000, []]);
  });

  test("without any it says what is needed", async () => {
    const program = installed(listening, "no own node");
    const child = spawn(process.execPath, [program], { stdio: ["ignore", "ignore", "pipe"] });
    const said = text(child.stderr);
    expect(await once(child, "close")).toEqual([1, null]);
    expect(await said).toMatch(/^millrace: needs Node 999 or newer, this is v\d+/);
  });

  test.each(["launcher", "group"])("a signal to the %s counts once", async (target) => {
    const child = start(installed(listening));
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("ready");
    for (const signal of ["SIGINT", "SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.kill(target === "group" ? -child.pid! : child.pid!, signal);
      expect((await lines.next()).value).toBe(signal);
    }
    // What the launcher passes on it passes on in order: a signal counted twice would show before the program ends.
    child.kill("SIGUSR2");
    expect(await lines.next()).toEqual({ value: undefined, done: true });
    expect(child.exitCode ?? (await once(child, "close"))[0]).toBe(5);
  });

  test("a signal that the program does not take ends it and the launcher", async () => {
    const child = start(installed('setInterval(() => {}, 1000); console.log("ready");'));
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([null, "SIGTERM"]);
  });

  test("a signal that comes while the program is still being loaded is kept until it says what to do about it", async () => {
    const program = installed(`
      console.log("loading");
      const early = process[Symbol.for("millrace.early-signals")];
      while (early.seen === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
      console.log(early.seen);
      setInterval(() => {}, 1000);
    `);
    const child = start(program);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("loading");
    child.kill("SIGTERM");
    expect((await lines.next()).value).toBe("SIGTERM");
    // This program says nothing.
    expect(await once(child, "close")).toEqual([null, "SIGTERM"]);
  });

  test("a launcher killed by force leaves nothing running", async () => {
    const child = start(installed(listening));
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    // The program holds the other end of the pipe: it closes when the program is gone.
    expect(await once(child, "close")).toEqual([null, "SIGKILL"]);
  });
});
