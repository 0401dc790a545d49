// Fan-out to live TCP clients: events a second through the `tcp` sink, beside the same bytes written to the same number of
// sockets with no logic at all. A fifth of the events are broadcasts; the clients live in a process of their own and count
// what they get. Prints JSON. `node tools/run.mjs bench/tcp-fan-out.ts [clients] [events] [rounds]`
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { SinkContext } from "millrace";
import { type Delivery, tcpFanOut } from "millrace/tcp";
import { median } from "./contestant.ts";

const flushEvents = 4096;
const behindBytesMax = 1024 * 1024;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What the process of the clients is told: where to connect, and then how many bytes all of them get together. */
type Order = { readonly port: number; readonly clients: number } | { readonly bytes: number };

function readAsClients(): void {
  let [received, expected] = [0, Number.POSITIVE_INFINITY];
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const look = () => received >= expected && process.send!("all");
  const callback = (bytes: number) => {
    received += bytes;
    look();
    return true;
  };
  process.on("message", (order: Order) => {
    if ("bytes" in order) {
      expected = order.bytes;
      look();
      return;
    }
    const { port, clients } = order;
    for (let id = 0; id < clients; id++) connect({ port, onread: { buffer, callback } }).write(`${id}\n`);
  });
}

type ListedDelivery = Delivery & { readonly to: "all" | readonly string[] };

/** The events of one flush over and over: to all, to one, to one, to five, to nobody. */
function deliveries(clients: number): ListedDelivery[] {
  let seed = 666;
  const someone = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return String(seed % clients);
  };
  return Array.from({ length: flushEvents }, (_, n): ListedDelivery => {
    const bytes = Buffer.from(`${1_000_000 + n}|${"BPFSU"[n % 5]}|${n % 997}|${n % 991}\r\n`);
    const receivers = [0, 1, 1, 5, 0][n % 5]!;
    return { bytes, to: n % 5 === 0 ? "all" : Array.from({ length: receivers }, someone) };
  });
}

/** The bytes of one flush, by client. */
function flushBytes(events: readonly ListedDelivery[], clients: number): Buffer[] {
  const parts: Uint8Array[][] = Array.from({ length: clients }, () => []);
  for (const { bytes, to } of events) {
    if (to === "all") for (const part of parts) part.push(bytes);
    else for (const id of to) parts[Number(id)]!.push(bytes);
  }
  return parts.map((part) => Buffer.concat(part));
}

async function received(child: ChildProcess, flush: readonly Buffer[], flushes: number): Promise<void> {
  const all = once(child, "message");
  child.send({ bytes: flushes * flush.reduce((sum, bytes) => sum + bytes.length, 0) });
  await all;
}

const gauges = new Map<string, () => number>();
const meter: SinkContext["meter"] = {
  counter: () => ({ value: 0 }),
  gauge: (name, read) => void gauges.set(name, read),
  warn: (_, message) => process.stderr.write(`${message}\n`),
};
const clock: SinkContext["clock"] = {
  now: Date.now,
  monotonic: () => performance.now(),
  turn,
  timer: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

async function throughSink(child: ChildProcess, clients: number, flushes: number): Promise<number> {
  const events = deliveries(clients);
  const flush = flushBytes(events, clients);
  const onListening = (port: number) => child.send({ port, clients });
  const sink = tcpFanOut({ port: 0, maxClients: clients, onListening });
  const context = { id: "users", clock, meter, resume: undefined, checkpointed: false } as SinkContext;
  const writer = await sink.open(context);
  while (gauges.get("clients")!() < clients) await turn();
  const began = performance.now();
  for (let n = 0; n < flushes; n++) {
    for (const event of events) writer.write(event, undefined as never);
    writer.flush();
    await turn();
    if (writer.full) await writer.drain();
  }
  await received(child, flush, flushes);
  const tookMs = performance.now() - began;
  await writer.close();
  return (1000 * flushes * flushEvents) / tookMs;
}

async function asLimit(child: ChildProcess, clients: number, flushes: number): Promise<number> {
  const flush = flushBytes(deliveries(clients), clients);
  const sockets: Socket[] = [];
  const server: Server = createServer({ noDelay: true }, (socket) => socket.once("data", () => sockets.push(socket)));
  server.listen(0, "127.0.0.1", () => child.send({ port: (server.address() as { port: number }).port, clients }));
  while (sockets.length < clients) await turn();
  const began = performance.now();
  for (let n = 0; n < flushes; n++) {
    for (let index = 0; index < clients; index++) sockets[index]!.write(flush[index]!);
    await turn();
    for (const socket of sockets) if (socket.writableLength > behindBytesMax) await once(socket, "drain");
  }
  await received(child, flush, flushes);
  const tookMs = performance.now() - began;
  for (const socket of sockets) socket.destroy();
  server.close();
  return (1000 * flushes * flushEvents) / tookMs;
}

async function inOwnProcess(work: (child: ChildProcess) => Promise<number>): Promise<number> {
  const child = fork(new URL(import.meta.url), ["clients"]);
  const rate = await work(child);
  child.kill();
  await once(child, "exit");
  return rate;
}

async function compare(clients: number, events: number, rounds: number): Promise<void> {
  const flushes = Math.ceil(events / flushEvents);
  const [ours, limit]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await inOwnProcess((child) => throughSink(child, clients, flushes)));
    limit.push(await inOwnProcess((child) => asLimit(child, clients, flushes)));
  }
  const share = median(ours.map((rate, round) => rate / limit[round]!));
  const rate = (rates: readonly number[]) => Math.round(median(rates));
  const rssBytes = process.memoryUsage.rss();
  const row = { clients, events, eventsPerSecond: rate(ours), limitPerSecond: rate(limit), share, rssBytes };
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

const [first = "100", events = "1000000", rounds = "3"] = process.argv.slice(2);
if (first === "clients") readAsClients();
else await compare(Number(first), Number(events), Number(rounds));
