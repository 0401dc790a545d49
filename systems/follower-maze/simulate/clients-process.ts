import { connect, type Socket } from "node:net";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { type Random, seededRandom, systemClock } from "millrace";
import { ClientCheck } from "./client-check.ts";
import { connectionFailure } from "./connection-failure.ts";
import type { ClientsNews, ClientsOfProcess, Order } from "./messages.ts";
import { rest } from "./rest.ts";
import type { SimulationSettings } from "./settings.ts";
import { sharedMs } from "./shared-clock.ts";

/** This file, which is a program, too: clients of a simulation, in a process of their own. */
export const clientsProcessFile = fileURLToPath(import.meta.url);

/** Connections that are being made at once. */
const connectingMax = 100;
/** For so long nothing may come before the run counts as stuck. */
const stallMs = 20_000;
/** For so long it is looked whether more comes than should. */
const lookOnMs = 300;
/** What a read may bring. */
const readBytes = 64 * 1024;
/** Beside clients that are measured, the others read this seldom and come last, so that they take little of the machine from the server. */
const restMs = 10;

class Clients {
  readonly #settings: SimulationSettings;
  readonly #users: readonly number[];
  readonly #check: ClientCheck;
  readonly #random: Random;
  readonly #rests: boolean;
  /** Where all sockets read to: a buffer made for each read would be most of what a read costs. */
  readonly #room = Buffer.allocUnsafeSlow(readBytes);
  #connected = 0;
  #lastAtMs = sharedMs();
  #allSent = false;
  #lateMs: readonly number[] = [];
  #finished = false;

  constructor(settings: SimulationSettings, clients: ClientsOfProcess) {
    this.#settings = settings;
    this.#users = clients.users;
    this.#check = new ClientCheck(settings, clients, () => tell({ type: "ready" }));
    this.#random = seededRandom(settings.seed);
    this.#rests = settings.rate > 0 && !clients.measured;
  }

  async connect(count: number): Promise<void> {
    const until = this.#connected + count;
    while (this.#connected < until) {
      const from = this.#connected;
      this.#connected = Math.min(until, from + connectingMax);
      const some = Array.from({ length: this.#connected - from }, (_, index) => from + index);
      await Promise.all(some.map((client) => this.#open(client)));
    }
    tell({ type: "connected" });
  }

  async disturb(): Promise<void> {
    const { slowClients, vanishingClients, users } = this.#settings;
    for (let index = 0; index < slowClients; index++) (await this.#join(`${users - index}`)).pause();
    for (let index = 0; index < vanishingClients; index++) void this.#comeAndGo(`${users - slowClients - index}`);
    tell({ type: "connected" });
  }

  go(first: number): void {
    this.#check.begin(first);
    this.#lastAtMs = sharedMs();
    tell({ type: "going" });
    this.#watch();
  }

  begun(atMs: number): void {
    this.#check.begunAtMs = atMs;
    if (this.#rests) void this.#restBetweenReads();
  }

  sent(lateMs: readonly number[]): void {
    this.#allSent = true;
    this.#lateMs = lateMs;
    this.#look();
  }

  async #open(client: number): Promise<void> {
    const socket = await this.#join(String(this.#users[client]), (chunk) => {
      this.#lastAtMs = sharedMs();
      this.#check.received(client, chunk, this.#lastAtMs);
      if (this.#allSent) this.#look();
    });
    socket.on("close", () => this.#check.closed(client));
  }

  async #restBetweenReads(): Promise<void> {
    setPriority(constants.priority.PRIORITY_LOW);
    while (!this.#finished) {
      await systemClock.turn();
      rest(restMs);
    }
  }

  /** Connects and gives its user id; resolves when that is on its way. `onChunk` must not keep what it gets. */
  #join(user: string, onChunk: (chunk: Buffer) => void = () => {}): Promise<Socket> {
    const { host, clientPort } = this.#settings;
    const room = this.#room;
    const callback = (bytes: number) => {
      onChunk(room.subarray(0, bytes));
      return true;
    };
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: clientPort, onread: { buffer: room, callback } });
      socket.on("error", reject);
      socket.on("connect", () => socket.write(`${user}\r\n`, () => resolve(socket)));
    });
  }

  /** A client that resets its connection in the middle of whatever it gets, and comes back. */
  async #comeAndGo(user: string): Promise<void> {
    while (!this.#finished) {
      const socket = await this.#join(user).catch(() => undefined);
      await new Promise<void>((resolve) => systemClock.timer(5 + this.#random.below(100), resolve));
      socket?.resetAndDestroy();
    }
  }

  #look(): void {
    if (this.#finished || !this.#check.done) return;
    this.#finished = true;
    systemClock.timer(lookOnMs, () => this.#tellResult());
  }

  #watch(): void {
    systemClock.timer(1000, () => {
      if (this.#finished) return;
      if (this.#check.broken) this.#tellResult();
      else if (this.#allSent && sharedMs() - this.#lastAtMs > stallMs) {
        this.#check.tellMissing();
        this.#tellResult();
      } else this.#watch();
    });
  }

  #tellResult(): void {
    this.#finished = true;
    const { problems, bytes, samples } = this.#check;
    const { user, system } = process.cpuUsage();
    tell({
      type: "result",
      problems,
      bytes,
      lastAtMs: this.#check.lastAtMs,
      cpuMs: (user + system) / 1000,
      latency: samples.latencies(this.#lateMs).figures(),
      latencyFromDue: samples.latencies().figures(),
    });
  }
}

function tell(news: ClientsNews): void {
  process.send!(news);
}

function main(): void {
  let clients: Clients | undefined;
  let place = "";
  const failed = (thrown: NodeJS.ErrnoException) =>
    tell({ type: "failed", message: connectionFailure("a client", place, thrown) });
  process.on("disconnect", () => process.exit());
  process.on("message", (order: Order) => {
    if (order.type === "take") {
      const { host, clientPort } = order.settings;
      place = `${host}:${clientPort}`;
      clients = new Clients(order.settings, order);
    } else if (order.type === "connect") clients?.connect(order.count).catch(failed);
    else if (order.type === "disturb") clients?.disturb().catch(failed);
    else if (order.type === "go") clients?.go(order.first);
    else if (order.type === "begun") clients?.begun(order.atMs);
    else if (order.type === "sent") clients?.sent(order.lateMs);
  });
}

if (import.meta.main) main();
