import { createServer, type Server, type Socket } from "node:net";
import type { Clock, Timer } from "../../core/clock.ts";
import type { Meter } from "../../core/meter.ts";
import type { Batch, Partition, Slice } from "../../core/records.ts";
import type { SourceContext, SourceProgress, SourceReader } from "../../core/source.ts";
import { chunkBytesMax, LineConnection, type LineSettings } from "./line-connection.ts";
import { type Address, closed, countAccepting, listen, socketSettings } from "./listen.ts";

/** How long a connection too many waits for a place, since the one before it may be gone without our having read so far. */
const placeWaitMs = 1_000;

/** The settings of one server of lines. */
export interface LineServerSettings extends LineSettings, Address {
  readonly maxConnections: number;
  readonly allows: (address: string) => boolean;
}

/** A server whose connections are read in turn, a batch from each that has records. */
export class LineReader implements SourceReader<Slice> {
  readonly #settings: LineServerSettings;
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #signal: AbortSignal;
  readonly #server: Server;
  readonly #free: Partition[];
  readonly #connections: LineConnection[] = [];
  readonly #waiting = new Map<Socket, Timer>();
  #turn = 0;
  #doneBytes = 0;
  #closed = false;
  #wake: () => void = () => {};

  constructor(settings: LineServerSettings, context: SourceContext) {
    const { clock, meter, signal } = context;
    this.#settings = settings;
    this.#clock = clock;
    this.#meter = meter;
    this.#signal = signal;
    this.#free = Array.from({ length: settings.maxConnections }, (_, n) => ({ name: `connection ${n + 1}` })).reverse();
    this.#server = createServer({ ...socketSettings, highWaterMark: chunkBytesMax, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    );
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    meter.gauge("connections", () => this.#connections.length);
  }

  async listen(): Promise<number> {
    const port = await listen(this.#server, this.#settings, "ML3001");
    countAccepting(this.#server, this.#meter);
    return port;
  }

  get pending(): boolean {
    return this.#connections.some((connection) => connection.pending);
  }

  async read(): Promise<Batch<Slice> | "end"> {
    while (!this.#signal.aborted && !this.#closed) {
      const batch = this.#next();
      if (batch !== undefined) return batch;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return "end";
  }

  progress(): SourceProgress {
    return { doneBytes: this.#doneBytes, totalBytes: undefined };
  }

  status(): Record<string, unknown> {
    return { connections: this.#connections.map(({ peer, bytes, end }) => ({ peer, bytes, state: end ?? "open" })) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const gone = closed(this.#server);
    for (const [socket, timer] of this.#waiting) {
      timer.cancel();
      socket.destroy();
    }
    for (const connection of this.#connections) connection.destroy();
    this.#wake();
    await gone;
  }

  /** The next batch, starting with the connection after the one that gave the last. */
  #next(): Batch<Slice> | undefined {
    for (let looked = 0; looked < this.#connections.length; ) {
      this.#turn %= this.#connections.length;
      const connection = this.#connections[this.#turn]!;
      const batch = connection.next();
      if (connection.done) this.#remove(connection);
      else {
        this.#turn += 1;
        looked += 1;
      }
      if (batch === undefined) continue;
      this.#doneBytes += batch.bytes;
      return batch;
    }
    return undefined;
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress;
    // Without a listener a reset would end the process.
    socket.on("error", () => {});
    if (address === undefined) this.#reset();
    else if (!this.#settings.allows(address)) this.#refuse(socket, "address not allowed");
    else if (this.#free.length > 0) this.#take(socket);
    else if (this.#waiting.size >= this.#settings.maxConnections) this.#refuse(socket, "too many connections");
    else this.#wait(socket);
  }

  #wait(socket: Socket): void {
    const timer = this.#clock.timer(placeWaitMs, () => {
      this.#waiting.delete(socket);
      this.#refuse(socket, "too many connections");
    });
    this.#waiting.set(socket, timer);
    socket.once("close", () => {
      timer.cancel();
      this.#waiting.delete(socket);
    });
  }

  #refuse(socket: Socket, reason: string): void {
    this.#meter.counter("refused", reason).value += 1;
    this.#meter.warn("refused", `a connection from ${socket.remoteAddress ?? "nowhere"} was refused: ${reason}`);
    socket.destroy();
  }

  #take(socket: Socket): void {
    const partition = this.#free.pop()!;
    const peer = `${partition.name} from ${socket.remoteAddress}:${socket.remotePort}`;
    const connection = new LineConnection(socket, peer, partition, this.#settings, () => this.#wake());
    this.#connections.push(connection);
    this.#meter.counter("accepted").value += 1;
    socket.resume();
  }

  /** Of a connection that is over all was read: its place is the next one's. */
  #remove(connection: LineConnection): void {
    this.#connections.splice(this.#connections.indexOf(connection), 1);
    this.#free.push(connection.partition);
    if (connection.end === "reset") this.#reset();
    const [next] = this.#waiting;
    if (next === undefined) return;
    const [socket, timer] = next;
    timer.cancel();
    this.#waiting.delete(socket);
    this.#take(socket);
  }

  #reset(): void {
    this.#meter.counter("resets").value += 1;
  }
}
