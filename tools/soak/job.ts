import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type JobStatus, sleep, systemClock } from "millrace";

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

/** A running `millrace` with its figures. Linux: open files are read from `/proc`. */
export class SoakJob {
  readonly #child: ChildProcess;
  readonly #exit: Promise<string>;
  #stderr = "";
  #url: string | undefined;

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, ["--conditions=millrace-source", main, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child.stderr!.on("data", (chunk: Buffer) => {
      this.#stderr += String(chunk);
      this.#url ??= /status on (http:\S+)\/status/.exec(this.#stderr)?.[1];
    });
    this.#exit = once(this.#child, "close").then(([code, signal]) => String(signal ?? code));
  }

  /** Resolves to the exit code, or the signal that ended it. */
  get exit(): Promise<string> {
    return this.#exit;
  }

  /** Warnings and errors so far, one a line. */
  get complaints(): string[] {
    return this.#stderr.split("\n").filter((line) => /"level":"(warn|error)"|^ML|Error/.test(line));
  }

  /** Ends it, and resolves to how it ended. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<string> {
    this.#child.kill(signal);
    return this.#exit;
  }

  /** What `/status` says; undefined while nobody answers. */
  async status(): Promise<JobStatus | undefined> {
    const text = await this.#page("/status");
    return text === undefined ? undefined : (JSON.parse(text) as JobStatus);
  }

  /** Some of what `/metrics` says, by name; undefined while nobody answers. */
  async metrics(...names: readonly string[]): Promise<number[] | undefined> {
    const text = await this.#page("/metrics");
    if (text === undefined) return undefined;
    return names.map((name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]));
  }

  /** For how long its main thread has waited for a processor, in ms. */
  async waitedMs(): Promise<number> {
    const text = await readFile(`/proc/${this.#child.pid}/schedstat`, "utf8").catch(() => "");
    return Number(text.split(" ")[1] ?? Number.NaN) / 1e6;
  }

  /** What its open files are. */
  async openFiles(): Promise<string[]> {
    const folder = `/proc/${this.#child.pid}/fd`;
    const names = await readdir(folder).catch(() => []);
    return Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => "gone")));
  }

  async #page(path: string): Promise<string | undefined> {
    if (this.#url === undefined) return undefined;
    try {
      return await (await fetch(this.#url + path)).text();
    } catch {
      return undefined;
    }
  }
}

/** Asks again and again until the answer is yes; false when that took longer than `timeoutMs`. */
export async function until(holds: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = systemClock.monotonic() + timeoutMs;
  while (!(await holds())) {
    if (systemClock.monotonic() > end) return false;
    await sleep(systemClock, 50);
  }
  return true;
}
