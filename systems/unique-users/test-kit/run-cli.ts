import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../bin/millrace.mjs", import.meta.url));

/** How a run of the command line ended. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `millrace` with these arguments as users have it: the build, which is made before the first test. */
export function startCli(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: ["pipe", "pipe", "pipe"] });
}

/** Runs `millrace` to its end, with `input` as its standard input. */
export async function runCli(args: readonly string[], input?: Uint8Array | string): Promise<CliResult> {
  const child = startCli(args);
  child.stdin!.on("error", () => {});
  child.stdin!.end(input);
  return ended(child);
}

/** What a started process has written and how it ended. Call it before the process can have written anything. */
export async function ended(child: ChildProcess): Promise<CliResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout!.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr!.on("data", (chunk: Buffer) => stderr.push(chunk));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (...how) => resolve(how));
  });
  return { code, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}
