import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { JobStatus } from "millrace";
import { afterAll, beforeAll } from "vitest";
import { type CliResult, ended } from "../../systems/unique-users/test-kit/run-cli.ts";

/** What starts the command from the sources, without its arguments. */
export const command = [
  process.execPath,
  "--conditions=millrace-source",
  fileURLToPath(new URL("../../cli/main.ts", import.meta.url)),
];

export const mebibyte = 1024 * 1024;

/** A folder of the test file's own, gone after its last test. Call it at the top; the path is there in tests. */
export function testFolder(name: string): (file?: string) => string {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `millrace-${name}-`));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (file) => (file === undefined ? folder : join(folder, file));
}

/** Runs the command from a shell in which `setup` was done before, such as `ulimit -n 64`. */
export function runIn(setup: string, args: readonly string[], node: readonly string[] = []): Promise<CliResult> {
  const [program, ...rest] = command;
  const child = spawn("sh", ["-c", `${setup}\nexec "$0" "$@"`, program!, ...node, ...rest, ...args]);
  child.stdin.on("error", () => {});
  child.stdin.end();
  return ended(child);
}

/** Waits until the process has said on stderr where its status is; gives that address. Needs `--metrics 0`. */
export async function statusUrl(child: ChildProcess): Promise<string> {
  let text = "";
  for (;;) {
    const [chunk] = (await once(child.stderr!, "data")) as [Buffer];
    text += String(chunk);
    const match = /status on (http:\S+)\/status/.exec(text);
    if (match !== null) return match[1]!;
  }
}

/** Asks for the status until it is as wanted. */
export async function statusWhen(url: string, wanted: (status: JobStatus) => boolean): Promise<JobStatus> {
  for (;;) {
    const status = (await (await fetch(`${url}/status`)).json()) as JobStatus;
    if (wanted(status)) return status;
  }
}

/** The resident memory of a process that serves its metrics, in bytes. */
export async function residentBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)![1]);
}

/** Writes chunks, each when the one before was taken, until there are no more or the reader has gone. */
export async function offer(to: Writable, chunks: Iterable<Uint8Array | string>): Promise<void> {
  for (const chunk of chunks) {
    if (to.destroyed) return;
    if (!to.write(chunk)) await hasRoom(to);
  }
}

function hasRoom(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      to.off("drain", done).off("close", done);
      resolve();
    };
    to.on("drain", done).on("close", done);
  });
}

/** The same piece again and again, until that many bytes. */
export function* repeated(piece: Uint8Array, bytes: number): Generator<Uint8Array> {
  for (let done = 0; done < bytes; done += piece.length) yield piece;
}

/** A frame of `unique-users`, with its line feed. */
export function frame(ts: number | string, uid: string, pad = ""): string {
  return `{"ts":${ts},"uid":${JSON.stringify(uid)}${pad === "" ? "" : `,"pad":"${pad}"`}}\n`;
}
