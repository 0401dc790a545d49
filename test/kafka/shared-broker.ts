import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const lookEveryMs = 50;
const readyMsMax = 300_000;

/**
 * The broker of everything that is run for process `pid`: whoever asks first has it started, all others wait for that
 * one. It goes when that process does, also when it is killed. Resolves to its `HOST:PORT`.
 */
export async function sharedBroker(pid: number): Promise<string> {
  const folder = join(tmpdir(), `millrace-kafka-run-${pid}`);
  if (claim(folder)) {
    const keeper = spawn(
      process.execPath,
      [fileURLToPath(new URL("./keeper.ts", import.meta.url)), folder, String(pid)],
      {
        detached: true,
        stdio: "ignore",
      },
    );
    keeper.unref();
  }
  for (let waitedMs = 0; waitedMs < readyMsMax; waitedMs += lookEveryMs) {
    if (existsSync(join(folder, "address"))) return readFileSync(join(folder, "address"), "utf8");
    if (existsSync(join(folder, "failure"))) throw new Error(readFileSync(join(folder, "failure"), "utf8"));
    await setTimeout(lookEveryMs);
  }
  throw new Error(`no broker after ${readyMsMax} ms; is there a left-over folder ${folder}?`);
}

/** Whether this caller is the first: the making of a folder is atomic. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
