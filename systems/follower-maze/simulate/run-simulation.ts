import { type ChildProcess, fork } from "node:child_process";
import { systemClock } from "millrace";
import { clientsProcessFile } from "./clients-process.ts";
import type {
  ClientsNews,
  ClientsOfProcess,
  ClientsResult,
  Failed,
  Order,
  SourceNews,
  SourceResult,
} from "./messages.ts";
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

/** Clients whose latency is measured: enough to see the first and the last of a fan-out. */
const measuredMax = 10;

/**
 * Runs an event source and clients against a server, each in a process of their own. First broadcasts are sent, one
 * after another, until every client has got one: only then is it sure that the server knows them all. Rejects when a
 * process cannot go on; what clients find wrong is in the result. `prepare` is awaited before the sequence begins, with its
 * first number: for a server that has to be told.
 *
 * With a rate, ten clients are measured. They have a process of their own, or each would have its bytes only when the
 * others of the process have theirs; among all clients they connect evenly, so that the server comes to them neither first nor last.
 */
export async function runSimulation(
  settings: SimulationSettings,
  prepare?: (first: number) => Promise<void>,
): Promise<SimulationResult> {
  const groups = groupsOf(settings).map((clients) => new ClientGroup(settings, clients));
  const source = new Peer<SourceNews>(sourceProcessFile);
  try {
    await connectAll(settings, groups);
    source.order({ type: "start", settings });
    await source.until("connected");
    const first = 1 + (await probe(source, groups));
    await prepare?.(first);
    for (const group of groups) {
      group.order({ type: "go", first });
      await group.until("going");
    }
    source.order({ type: "go", first });
    const begun = await source.until("begun");
    for (const group of groups) group.order({ type: "begun", atMs: begun.atMs });
    const found = firstWrongOrAll(groups.map((group) => group.until("result")));
    const sent = await Promise.race([source.until("sent"), found]);
    const sourceResult = "type" in sent ? sent : nothingSent;
    if ("type" in sent) for (const group of groups) group.order({ type: "sent", lateMs: sent.lateMs });
    const clients = together(await found);
    return { source: sourceResult, clients, durationMs: clients.lastAtMs - begun.atMs };
  } finally {
    for (const group of groups) group.end();
    source.end();
  }
}

const nothingSent: SourceResult = { lines: 0, bytes: 0, durationMs: 0, waitedMs: 0, cpuMs: 0, lateMs: [] };

/** The clients of each process: those that are measured, with a rate, the last of them. */
function groupsOf({ clients, rate }: SimulationSettings): ClientsOfProcess[] {
  const users = Array.from({ length: clients }, (_, client) => client + 1);
  if (rate === 0 || clients <= measuredMax) return [{ users, measured: rate > 0 }];
  const isMeasured = measuredOf(clients);
  return [
    { users: users.filter((user) => !isMeasured(user)), measured: false },
    { users: users.filter(isMeasured), measured: true },
  ];
}

/** Every tenth, for 100; not the first of them, which the server comes to before all others. */
function measuredOf(clients: number): (user: number) => boolean {
  const every = Math.ceil(clients / measuredMax);
  return (user) => (user - 1) % every === every >> 1;
}

/** In the order of their users, whichever process they are in: the order in which the server will know them. */
async function connectAll({ clients }: SimulationSettings, groups: readonly ClientGroup[]): Promise<void> {
  let user = 1;
  while (user <= clients) {
    const group = groups.find(({ users }) => users.includes(user))!;
    let count = 0;
    while (group.users.includes(user + count)) count += 1;
    group.order({ type: "connect", count });
    await group.until("connected");
    user += count;
  }
  groups[0]!.order({ type: "disturb" });
  await groups[0]!.until("connected");
}

/** The results of all; only the first with a problem when there is one, since others may then wait for ever. */
function firstWrongOrAll(results: readonly Promise<ClientsResult>[]): Promise<readonly ClientsResult[]> {
  const wrong = results.map(
    (result) =>
      new Promise<readonly ClientsResult[]>((resolve, reject) => {
        result.then((one) => one.problems.length > 0 && resolve([one]), reject);
      }),
  );
  return Promise.race([Promise.all(results), ...wrong]);
}

/** Of latencies, those of the process that is there to measure them. */
function together(results: readonly ClientsResult[]): ClientsResult {
  const sum = (of: (result: ClientsResult) => number) => results.reduce((total, result) => total + of(result), 0);
  const { latency, latencyFromDue } = results.at(-1)!;
  return {
    problems: results.flatMap(({ problems }) => problems),
    bytes: sum(({ bytes }) => bytes),
    lastAtMs: Math.max(...results.map(({ lastAtMs }) => lastAtMs)),
    cpuMs: sum(({ cpuMs }) => cpuMs),
    latency,
    latencyFromDue,
  };
}

/** Sends probes until every client has one; resolves to the number of the last. */
async function probe(source: Peer<SourceNews>, groups: readonly ClientGroup[]): Promise<number> {
  let ready = false;
  const allReady = Promise.all(groups.map((group) => group.until("ready"))).then(() => {
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

/** A process with some of the clients. */
class ClientGroup extends Peer<ClientsNews> {
  readonly users: readonly number[];

  constructor(settings: SimulationSettings, clients: ClientsOfProcess) {
    super(clientsProcessFile);
    this.users = clients.users;
    this.order({ type: "take", settings, ...clients });
  }
}
