import { type ChildProcess, fork } from "node:child_process";
import { systemClock } from "millrace";
import { clientsProcessFile } from "./clients-process.ts";
import type { ClientsNews, ClientsResult, Failed, Order, SourceNews, SourceResult } from "./messages.ts";
import type { SimulationSettings } from "./settings.ts";
import { sourceProcessFile } from "./source-process.ts";

/** How a simulation went. */
export interface SimulationResult {
  readonly source: SourceResult;
  readonly clients: ClientsResult;
  /** From the first byte sent to the last received. */
  readonly durationMs: number;
}

/** Between two probes. */
const probeMs = 25;
/** For so long a server may take to know all clients. */
const readyMs = 60_000;

/**
 * Runs an event source and clients against a server, each in a process of their own. First broadcasts are sent, one
 * after another, until every client has got one: only then is it sure that the server knows them all. Rejects when a
 * process cannot go on; what clients find wrong is in the result. `prepare` is awaited before the sequence begins, with its
 * first number: for a server that has to be told.
 */
export async function runSimulation(
  settings: SimulationSettings,
  prepare?: (first: number) => Promise<void>,
): Promise<SimulationResult> {
  const clients = new Peer<ClientsNews>(clientsProcessFile);
  const source = new Peer<SourceNews>(sourceProcessFile);
  try {
    clients.order({ type: "start", settings });
    await clients.until("connected");
    source.order({ type: "start", settings });
    await source.until("connected");
    const first = 1 + (await probe(source, clients));
    await prepare?.(first);
    clients.order({ type: "go", first });
    await clients.until("going");
    source.order({ type: "go", first });
    const begun = await source.until("begun");
    clients.order({ type: "begun", atMs: begun.atMs });
    const found = clients.until("result");
    const sent = await Promise.race([source.until("sent"), found]);
    if (sent.type === "sent") clients.order({ type: "sent" });
    const result = await found;
    const nothing: SourceResult = { lines: 0, bytes: 0, durationMs: 0, waitedMs: 0, cpuMs: 0 };
    return { source: sent.type === "sent" ? sent : nothing, clients: result, durationMs: result.lastAtMs - begun.atMs };
  } finally {
    clients.end();
    source.end();
  }
}

/** Sends probes until every client has one; resolves to the number of the last. */
async function probe(source: Peer<SourceNews>, clients: Peer<ClientsNews>): Promise<number> {
  let ready = false;
  const allReady = clients.until("ready").then(() => {
    ready = true;
  });
  const endMs = systemClock.monotonic() + readyMs;
  let last = 0;
  while (!ready) {
    if (systemClock.monotonic() > endMs) {
      throw new Error(
        "not every client was told of a broadcast: the server must be new, and have room for all clients",
      );
    }
    source.order({ type: "probe" });
    last = (await source.until("probed")).number;
    const pause = new Promise<void>((resolve) => systemClock.timer(probeMs, resolve));
    await Promise.race([allReady, pause]);
  }
  return last;
}

/** A process of the simulation. */
class Peer<News extends { readonly type: string }> {
  readonly #process: ChildProcess;
  readonly #failed = Promise.withResolvers<never>();
  #waiting: { readonly type: string; readonly resolve: (news: News) => void }[] = [];

  constructor(file: string) {
    const execArgv = file.endsWith(".ts") ? ["--conditions=millrace-source"] : [];
    this.#process = fork(file, { execArgv, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#failed.promise.catch(() => {});
    this.#process.on("message", (news: News | Failed) => this.#hear(news));
    this.#process.on("exit", (code, signal) => {
      this.#failed.reject(new Error(`a process of the simulation ended: ${signal ?? code}`));
    });
  }

  order(order: Order): void {
    this.#process.send(order);
  }

  /** Resolves when news of that type come; rejects when the process cannot go on. */
  until<Type extends News["type"]>(type: Type): Promise<Extract<News, { type: Type }>> {
    const heard = new Promise<News>((resolve) => this.#waiting.push({ type, resolve }));
    return Promise.race([heard as Promise<Extract<News, { type: Type }>>, this.#failed.promise]);
  }

  end(): void {
    this.#process.kill();
  }

  #hear(news: News | Failed): void {
    if (news.type === "failed") this.#failed.reject(new Error((news as Failed).message));
    const heard = this.#waiting.filter(({ type }) => type === news.type);
    this.#waiting = this.#waiting.filter(({ type }) => type !== news.type);
    for (const { resolve } of heard) resolve(news as News);
  }
}
