import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SimulationSettings } from "../systems/follower-maze/simulate/settings.ts";
import type { LimitNews, LimitOrder } from "./peers/maze-limit.ts";

/** A server that a simulation can be run against, in a process of its own. */
export interface MazeServer {
  readonly eventPort: number;
  readonly clientPort: number;
  /** Called with the first number of the sequence, before it begins. */
  prepare?(first: number): Promise<void>;
  /** Ends it; resolves to the most memory that it ever took, where that says anything. */
  stop(): Promise<number | undefined>;
}

/** How a server is started: what is to be simulated, but for the ports. */
export type StartServer = (settings: SimulationSettings) => Promise<MazeServer>;

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const quiet = ["--summary", "json", "--progress", "off", "--log", "silent"];

/** `millrace follower-maze` with these options. */
export function ours(...options: readonly string[]): StartServer {
  return async ({ clients }) => {
    const ports = ["--event-port", "0", "--client-port", "0", "--max-clients", String(clients)];
    const child = spawn(process.execPath, [program, "follower-maze", ...ports, ...quiet, ...options], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.on("data", (chunk) => (text += String(chunk)));
    const port = (who: string) => Number(new RegExp(`${who} on [\\d.]+:(\\d+)\n`).exec(text)?.[1] ?? 0);
    while (port("event sources") === 0 || port("user clients") === 0) await once(child.stderr, "data");
    return {
      eventPort: port("event sources"),
      clientPort: port("user clients"),
      stop: async () => {
        child.kill("SIGTERM");
        await once(child, "close");
        return (JSON.parse(text.trim().split("\n").at(-1)!) as { peakRssBytes: number }).peakRssBytes;
      },
    };
  };
}

/** The same with `--durable`, in a folder that is new each time. */
export function oursDurable(): StartServer {
  return async (settings) => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
    const server = await ours("--durable", folder)(settings);
    const stop = async () => {
      const rssBytes = await server.stop();
      await rm(folder, { recursive: true });
      return rssBytes;
    };
    return { ...server, stop };
  };
}

/** No logic at all: see `peers/maze-limit.ts`. `runEvents`: how many events are written at a time. */
export function limit(runEvents: number): StartServer {
  return async (settings) => {
    const file = fileURLToPath(new URL("./peers/maze-limit.ts", import.meta.url));
    const child = fork(file, [JSON.stringify(settings), String(runEvents)]);
    const [ports] = (await once(child, "message")) as [Extract<LimitNews, { eventPort: number }>];
    return {
      ...ports,
      prepare: async (first) => {
        const ready = once(child, "message");
        child.send({ first } satisfies LimitOrder);
        await ready;
      },
      stop: async () => {
        child.kill();
        await once(child, "exit");
        return undefined;
      },
    };
  };
}
