import { readFile } from "node:fs/promises";

/** What tells a process from all others, also from a later one with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in ticks since boot; `"x"` where the system does not tell. */
  readonly startTime: string;
  /** A name of the machine's run since it was last switched on; `"x"` where the system does not tell. */
  readonly bootId: string;
}

const unknown = "x";
const ended = "ended";

/** The identity of this process. */
export async function thisProcess(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    startTime: await startTimeOf(process.pid),
    bootId: await currentBootId(),
  };
}

/**
 * Whether that very process still runs; one that has ended and was not yet waited for by its parent does not. Where the
 * system tells neither start times nor boots (it has no /proc), any process with the id counts: that errs towards alive.
 */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.bootId !== unknown) {
    const bootId = await currentBootId();
    if (bootId !== unknown && bootId !== identity.bootId) return false;
  }
  if (!answers(identity.pid)) return false;
  const startTime = await startTimeOf(identity.pid);
  return startTime === identity.startTime || startTime === unknown || identity.startTime === unknown;
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process, but a process.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function startTimeOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return unknown;
  // The second field is the program's name in parentheses, which may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  return state === "Z" || state === "X" ? ended : (fields[19] ?? unknown);
}

async function currentBootId(): Promise<string> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => unknown);
  return text.trim();
}
