import { spawn } from "node:child_process";
import { watchProcess } from "./process-watch.ts";

const failureCharactersMax = 200;
/** A run that takes longer hangs, and has failed. */
const runMsMax = 300_000;

/** A process that is measured from its start to its exit. */
export interface Contestant {
  readonly name: string;
  /** Made anew for each run where it differs from run to run. */
  readonly command: readonly string[] | (() => readonly string[]);
  /** What it made of the input, from what it printed: told beside its time, since a fast wrong answer is none. */
  readonly result: (stdout: string, stderr: string) => Promise<Outcome> | Outcome;
  /** Runs before each measured run, unmeasured. */
  readonly before?: (() => Promise<void>) | undefined;
  /** In how many rounds it takes part, and not in the unmeasured one: for one so slow that the others would wait. Default all. */
  readonly roundsMax?: number | undefined;
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
  /** Processor time: what is left of a run when others use the machine too. */
  readonly cpuSeconds: number[];
  readonly rssBytes: number[];
  outcome: string;
  /** Why it did not get through, in a line; it is not run again then. */
  failure: string | undefined;
}

/** How contestants are run. */
export interface MeasureOptions {
  /** Go on without one that fails, instead of ending. Default false. */
  readonly goOn?: boolean;
}

/** Runs all of them in turn, `rounds` times after one unmeasured round, so that a slow spell of the machine hits all alike. */
export async function measure(
  contestants: readonly Contestant[],
  rounds: number,
  { goOn = false }: MeasureOptions = {},
): Promise<Measured[]> {
  const all = contestants.map(
    (contestant): Measured => ({
      contestant,
      seconds: [],
      cpuSeconds: [],
      rssBytes: [],
      outcome: "",
      failure: undefined,
    }),
  );
  for (let round = 0; round <= rounds; round++) {
    for (const one of all) {
      const { roundsMax } = one.contestant;
      const isLeftOut = roundsMax !== undefined && (round === 0 || round > roundsMax);
      if (one.failure !== undefined || isLeftOut) continue;
      process.stderr.write(`round ${round} of ${rounds}: ${one.contestant.name} ... `);
      const spent = await attempt(one, goOn);
      process.stderr.write(spent === undefined ? `failed: ${one.failure}\n` : `${spentText(spent, one)}\n`);
      if (round === 0 || spent === undefined) continue;
      one.seconds.push(spent.seconds);
      one.cpuSeconds.push(spent.cpuSeconds);
    }
  }
  return all;
}

/** What a run took. */
interface Spent {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

function spentText({ seconds, cpuSeconds }: Spent, { outcome }: Measured): string {
  return `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(1)} s of processor time; ${outcome}`;
}

/** Undefined when it failed and the others go on. */
async function attempt(measured: Measured, goOn: boolean): Promise<Spent | undefined> {
  try {
    return await runOnce(measured);
  } catch (thrown) {
    if (!goOn) throw thrown;
    measured.failure = (thrown as Error).message.trim().split("\n")[0]!.slice(0, failureCharactersMax);
    return undefined;
  }
}

async function runOnce(measured: Measured): Promise<Spent> {
  const { before, name, result } = measured.contestant;
  await before?.();
  const given = measured.contestant.command;
  const command = typeof given === "function" ? given() : given;
  const began = performance.now();
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  const watch = watchProcess(child.pid!);
  const limit = setTimeout(() => child.kill("SIGKILL"), runMsMax);
  // Who ends the benchmark ends the run under way with it.
  const end = () => {
    child.kill("SIGKILL");
    process.exit(1);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, end);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, end);
    clearTimeout(limit);
    watch.stop();
  });
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${name}: exit code ${code}: ${stderr.slice(0, 2000)}`);
  const outcome = await result(stdout, stderr);
  measured.outcome = outcome.text;
  measured.rssBytes.push(outcome.rssBytes ?? watch.peakRssBytes);
  return { seconds, cpuSeconds: watch.cpuSeconds };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
