import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Summary } from "../summary.ts";

const program = fileURLToPath(new URL("./serve.ts", import.meta.url));
const silentProgram = fileURLToPath(new URL("./silent-connections.ts", import.meta.url));
const started: ChildProcess[] = [];
const sockets: Socket[] = [];

/** Ends every server and connection of a test. */
export function endAll(): void {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const child of started.splice(0)) child.kill("SIGKILL");
}

/** A running server, in a process of its own. */
export interface Server {
  readonly eventPort: number;
  readonly clientPort: number;
  /** As `kill -9` does; resolves when it is gone. */
  kill(): Promise<void>;
  /** Sends SIGTERM; resolves to the exit code and the summary. */
  stop(): Promise<{ code: number | null; summary: Summary }>;
}

/** Starts a server on free ports; resolves when it listens. */
export async function serve(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Server> {
  const quiet = ["--summary", "json", "--progress", "off", "--log", "silent"];
  const child = spawn(process.execPath, ["--conditions=millrace-source", program, ...quiet, ...args], {
    env: { ...process.env, eventSourceServerPort: "0", userServerPort: "0", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  started.push(child);
  let text = "";
  const port = (who: string) => Number(new RegExp(`${who} on [\\d.]+:(\\d+)\n`).exec(text)?.[1] ?? 0);
  child.stderr!.on("data", (chunk) => (text += String(chunk)));
  while (port("event sources") === 0 || port("user clients") === 0) await once(child.stderr!, "data");
  return {
    eventPort: port("event sources"),
    clientPort: port("user clients"),
    kill: async () => {
      child.kill("SIGKILL");
      await once(child, "close");
    },
    stop: async () => {
      child.kill("SIGTERM");
      const [code] = (await once(child, "close")) as [number | null];
      return { code, summary: JSON.parse(text.trim().split("\n").at(-1)!) as Summary };
    },
  };
}

/** A connection that has sent these bytes, and what it received. */
export async function joined(
  port: number,
  ...first: string[]
): Promise<{ socket: Socket; text: () => string; has: (wanted: string) => Promise<void> }> {
  const socket = connect({ host: "127.0.0.1", port });
  sockets.push(socket);
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (chunk) => (text += String(chunk)));
  await once(socket, "connect");
  for (const bytes of first) socket.write(bytes);
  return {
    socket,
    text: () => text,
    has: async (wanted) => {
      while (!text.includes(wanted)) await once(socket, "data");
    },
  };
}

/** Has another process open connections that never send anything; resolves to how many there are, when all are. */
export async function silentConnections(port: number, count: number): Promise<number> {
  const child = spawn(process.execPath, [silentProgram, String(port), String(count)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  started.push(child);
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  return Number(text);
}

/** Resolves when the bytes are with the operating system, and what has arrived meanwhile has been read. */
export function written(socket: Socket, bytes: string): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => setImmediate(resolve)));
}
