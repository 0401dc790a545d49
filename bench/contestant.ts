import { spawn } from "node:child_process";

/** A process that is measured from its start to its exit. */
export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  /** What it made of the input, from what it printed: told beside its time, since a fast wrong answer is none. */
  readonly result: (stdout: string, stderr: string) => Promise<Outcome> | Outcome;
  /** Runs before each measured run, unmeasured. */
  readonly before?: (() => Promise<void>) | undefined;
}

/** What a run came to. */
export interface Outcome {
  /** In a few words: `"18 windows, 815,331 users"`. */
  readonly text: string;
  readonly rssBytes: number | undefined;
}

/** All runs of a contestant, in seconds from start to exit. */
export interface Measured {
  readonly contestant: Contestant;
  readonly seconds: number[];
  readonly rssBytes: number[];
  outcome: string;
}

/** Runs all of them in turn, `rounds` times after one unmeasured round, so that a slow spell of the machine hits all alike. */
export async function measure(contestants: readonly Contestant[], rounds: number): Promise<Measured[]> {
  const all = contestants.map((contestant): Measured => ({ contestant, seconds: [], rssBytes: [], outcome: "" }));
  for (let round = 0; round <= rounds; round++) {
    for (const one of all) {
      process.stderr.write(`round ${round} of ${rounds}: ${one.contestant.name} ... `);
      const seconds = await runOnce(one);
      process.stderr.write(`${seconds.toFixed(2)} s\n`);
      if (round > 0) one.seconds.push(seconds);
    }
  }
  return all;
}

async function runOnce(measured: Measured): Promise<number> {
  const { command, before, name, result } = measured.contestant;
  await before?.();
  const began = performance.now();
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${name} exited with ${code}: ${stderr.slice(0, 2000)}`);
  const outcome = await result(stdout, stderr);
  measured.outcome = outcome.text;
  if (outcome.rssBytes !== undefined) measured.rssBytes.push(outcome.rssBytes);
  return seconds;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
