// What a follower-maze server could do at best: takes the event source's bytes, and for each run of events whose bytes have
// come it writes to every client's socket the bytes that this client is to get of them, made beforehand. No logic, no copies.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { EventMaker, lineBytesMax } from "../../systems/follower-maze/simulate/event-maker.ts";
import { Expectation } from "../../systems/follower-maze/simulate/expectation.ts";
import type { SimulationSettings } from "../../systems/follower-maze/simulate/settings.ts";

/** What this process is told: the number that the first event gets. */
export interface LimitOrder {
  readonly first: number;
}

/** What it tells: that it listens, and that it is ready for the sequence. */
export type LimitNews = { readonly eventPort: number; readonly clientPort: number } | { readonly ready: true };

/** Some events: how many bytes of the source bring them, all before them included, and what each client gets. */
interface Run {
  readonly sourceBytes: number;
  readonly parts: readonly Buffer[];
}

const behindBytesMax = 1024 * 1024;
const [settingsText, runEvents] = process.argv.slice(2);
const settings = JSON.parse(settingsText!) as SimulationSettings;
const clients: Socket[] = [];
let runs: Run[] | undefined;
let [received, next] = [0, 0];

function makeRuns(first: number): Run[] {
  const expectation = new Expectation(
    settings,
    first,
    Array.from({ length: settings.clients }, (_, client) => client + 1),
  );
  const maker = new EventMaker(settings.seed, settings.users);
  const line = new Uint8Array(lineBytesMax);
  const made: Run[] = [];
  let sourceBytes = 0;
  for (let event = 0; !expectation.ended; ) {
    expectation.advance(Number(runEvents));
    const until = Math.min(settings.events, event + Number(runEvents));
    for (; event < until; event++) {
      maker.next();
      sourceBytes += maker.write(line, 0, first + event);
    }
    made.push({ sourceBytes, parts: expectation.clients.map((client) => client.take()) });
  }
  return made;
}

async function forward(source: Socket): Promise<void> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    // Before the sequence come broadcasts, which are for everybody as they are.
    if (runs === undefined) for (const client of clients) client.write(chunk);
    else received += chunk.length;
    for (; runs !== undefined && next < runs.length && runs[next]!.sourceBytes <= received; next++)
      await write(runs[next]!);
  }
}

async function write({ parts }: Run): Promise<void> {
  for (const [index, part] of parts.entries()) if (part.length > 0) clients[index]!.write(part);
  for (const client of clients) if (client.writableLength > behindBytesMax) await once(client, "drain");
}

function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ noDelay: true }, onConnection);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

const clientPort = await listen((socket) => {
  socket.on("error", () => {});
  socket.once("data", (id) => (clients[Number(id) - 1] = socket));
});
const eventPort = await listen((socket) => void forward(socket).catch(() => {}));
process.on("message", ({ first }: LimitOrder) => {
  runs = makeRuns(first);
  process.send!({ ready: true } satisfies LimitNews);
});
process.on("disconnect", () => process.exit());
process.send!({ eventPort, clientPort } satisfies LimitNews);
