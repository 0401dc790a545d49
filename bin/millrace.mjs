#!/usr/bin/env node
// Plain JavaScript that Node 18 can run. The program itself needs Node 24; where the machine's is older, and the package
// or the project around it has a Node of its own (the `node` package), the launcher starts that one and stands aside.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const nodeMajorMin = 24;
const launchedVariable = "MILLRACE_LAUNCHED";
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"];
const earlySignals = Symbol.for("millrace.early-signals");
const here = fileURLToPath(import.meta.url);
const root = join(dirname(here), "..");
/** Installs and builds a checkout; a published package has none. */
const tool = join(root, "tools", "run.mjs");

if (process.env[launchedVariable] !== undefined || isEnough(process.versions.node)) await main();
else relaunch();

function isEnough(version) {
  return Number.parseInt(version, 10) >= nodeMajorMin;
}

async function main() {
  if (process.env[launchedVariable] !== undefined) obeyLauncher();
  keepEarlySignals();
  const module = await import("node:module");
  module.enableCompileCache?.();
  if (!existsSync(join(root, "dist", "cli", "main.js")) && !build()) return;
  await import("../dist/cli/main.js");
  leaveEarlySignals();
}

/**
 * Loading takes a moment, and a signal that comes meanwhile is not to kill the process: it is kept for the program, which
 * knows what to make of it (`src/command/early-signals.ts`).
 */
function keepEarlySignals() {
  const early = { seen: undefined, letGo: () => {} };
  const usual = process.listenerCount("SIGTERM");
  const listeners = ["SIGINT", "SIGTERM"].map((signal) => {
    const listener = () => {
      if (process.listenerCount(signal) === usual + 1) early.seen ??= signal;
    };
    process.on(signal, listener);
    return [signal, listener];
  });
  early.letGo = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  process[earlySignals] = early;
}

/** A program that did not say what to do about signals has none. */
function leaveEarlySignals() {
  const early = process[earlySignals];
  early?.letGo();
  if (early?.seen !== undefined) process.kill(process.pid, early.seen);
}

/** A checkout that was never built is built now; a published package always has its build. */
function build() {
  if (!existsSync(tool)) return fail("this copy of the package has no dist folder: install it again");
  if (spawnSync(process.execPath, [tool, "build"], { stdio: ["ignore", 2, 2] }).status === 0) return true;
  process.exitCode = 1;
  return false;
}

function fail(text) {
  process.stderr.write(`millrace: ${text}\n`);
  process.exitCode = 1;
  return false;
}

/** The Node, new enough, that some `node_modules` from here upwards holds, if any. */
function ownNode() {
  try {
    const manifest = createRequire(here).resolve("node/package.json");
    const path = join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
    return isEnough(JSON.parse(readFileSync(manifest, "utf8")).version) && existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function relaunch() {
  if (ownNode() === undefined && existsSync(tool) && !build()) return;
  const node = ownNode();
  if (node === undefined) {
    fail(
      `needs Node ${nodeMajorMin} or newer, this is ${process.version}; see https://nodejs.org, or \`npm install node@24\``,
    );
    return;
  }
  const child = spawn(node, [here, ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [launchedVariable]: "1" },
  });
  passSignalsTo(child);
  child.on("error", (error) => fail(error.message));
  child.on("exit", endAs);
}

/** Ends this process the way the child ended. */
function endAs(code, signal) {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  setTimeout(() => process.exit(128 + constants.signals[signal]), 1000);
}

/**
 * A signal may come to this process alone (`kill PID`) or to the child as well (Ctrl-C, a service manager), and must count
 * once: a second SIGINT means "at once". So the child is told how many came here, and makes up for what it has not seen.
 */
function passSignalsTo(child) {
  for (const signal of signals) {
    let count = 0;
    process.on(signal, () => {
      count++;
      if (child.connected) child.send({ signal, count }, () => {});
    });
  }
}

/** The child's side: takes signals over from the launcher, and does not outlive it, even when it is killed by force. */
function obeyLauncher() {
  delete process.env[launchedVariable];
  if (process.channel === undefined) return;
  const seen = new Map();
  for (const signal of signals) {
    const count = () => {
      seen.set(signal, (seen.get(signal) ?? 0) + 1);
      if (process.listenerCount(signal) === 1) dieOf(signal, count);
    };
    process.on(signal, count);
  }
  process.on("message", ({ signal, count }) => {
    // The signal itself may be a moment behind the message.
    setTimeout(() => {
      if ((seen.get(signal) ?? 0) < count) process.kill(process.pid, signal);
    }, 20);
  });
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel.unref();
}

/** What the signal does to a process that does not listen for it. */
function dieOf(signal, listener) {
  process.off(signal, listener);
  process.kill(process.pid, signal);
}
