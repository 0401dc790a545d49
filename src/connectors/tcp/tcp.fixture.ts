import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Meter } from "../../core/meter.ts";
import { nodeDisk } from "../../core/node-disk.ts";
import type { RecordInfo } from "../../core/operator.ts";
import type { ByteBatch, Slice } from "../../core/records.ts";
import type { SinkWriter } from "../../core/sink.ts";
import type { SourceReader } from "../../core/source.ts";
import type { Delivery } from "./delivery.ts";
import type { TcpFanOutOptions } from "./fan-out-settings.ts";
import { tcpFanOut } from "./tcp-fan-out.ts";
import { type TcpLinesOptions, tcpLines } from "./tcp-lines.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Lets sockets, timers and promises have their turns until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** So many turns of the loop: for what must not happen. */
export async function turns(count = 50): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

/** A meter that can be looked at: counters as `name` or `name:label`. */
export class SeenMeter implements Meter {
  readonly counters = new Map<string, { value: number }>();
  readonly gauges = new Map<string, () => number>();
  readonly warnings: string[] = [];

  counter(name: string, label?: string): { value: number } {
    const key = label === undefined ? name : `${name}:${label}`;
    const counter = this.counters.get(key) ?? { value: 0 };
    this.counters.set(key, counter);
    return counter;
  }

  gauge(name: string, read: () => number): void {
    this.gauges.set(name, read);
  }

  warn(_kind: string, message: string): void {
    this.warnings.push(message);
  }

  count(key: string): number {
    return this.counters.get(key)?.value ?? 0;
  }

  look(gauge: string): number {
    return this.gauges.get(gauge)!();
  }
}

export interface Lines {
  readonly reader: SourceReader<Slice>;
  readonly port: number;
  readonly meter: SeenMeter;
  readonly stop: AbortController;
}

/** An open server of lines, closed after the test. */
export async function openLines(options: Partial<TcpLinesOptions> = {}, clock: Clock = systemClock): Promise<Lines> {
  const meter = new SeenMeter();
  const stop = new AbortController();
  let port = 0;
  const source = tcpLines({ port: 0, ...options, onListening: (taken) => (port = taken) });
  const base = { id: "events", clock, disk: nodeDisk, meter };
  const reader = await source.open({ ...base, resume: new Map(), signal: stop.signal });
  onTestFinished(() => reader.close());
  return { reader, port, meter, stop };
}

export interface FanOut {
  readonly writer: SinkWriter<Delivery>;
  readonly port: number;
  readonly meter: SeenMeter;
  /** Writes a record. */
  send(bytes: string | Uint8Array, to: Delivery["to"]): void;
}

const noRecord: RecordInfo = {
  time: Number.NaN,
  key: undefined,
  partition: undefined,
  raw: () => undefined,
  describe: () => "",
};

/** An open fan-out, closed after the test. */
export async function openFanOut(options: Partial<TcpFanOutOptions> = {}, clock: Clock = systemClock): Promise<FanOut> {
  const meter = new SeenMeter();
  let port = 0;
  const sink = tcpFanOut({ port: 0, ...options, onListening: (taken) => (port = taken) });
  const writer = await sink.open({ id: "users", clock, disk: nodeDisk, meter, resume: undefined, checkpointed: false });
  onTestFinished(() => writer.close());
  const send: FanOut["send"] = (bytes, to) => writer.write({ bytes: Buffer.from(bytes), to }, noRecord);
  return { writer, port, meter, send };
}

/** A connected socket, destroyed after the test; its errors are nobody's. */
export async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** A client that has given its id, and what it got. `paused`: it reads nothing. */
export class Client {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  bytes = 0;
  closed = false;

  constructor(socket: Socket, paused: boolean) {
    this.socket = socket;
    socket.on("close", () => (this.closed = true));
    if (!paused) this.listen();
  }

  /** Reads what there is from now on. */
  listen(): void {
    this.socket.on("data", (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.bytes += chunk.length;
    });
    this.socket.resume();
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }
}

/** Connects a client and waits until the server knows it. */
export async function join(fanOut: FanOut, id: string, paused = false): Promise<Client> {
  const before = fanOut.meter.count("accepted");
  const client = new Client(await connected(fanOut.port), paused);
  client.socket.write(`${id}\n`);
  await until(() => fanOut.meter.count("accepted") > before);
  return client;
}

export interface Line {
  readonly text: string;
  readonly place: string;
  readonly reason: string | undefined;
}

/** The records of a batch; latin1, so that no byte is lost. */
export function linesIn(batch: ByteBatch): Line[] {
  const reasons = new Map(batch.refused?.map((one) => [one.index, one.reason]));
  return Array.from({ length: batch.size }, (_, index) => {
    const bytes = batch.buffer.subarray(batch.bounds[2 * index]!, batch.bounds[2 * index + 1]!);
    const text = Buffer.from(bytes).toString("latin1");
    return { text, place: batch.describe(index), reason: reasons.get(index) };
  });
}

/** Reads until there are so many records. */
export async function readLines(reader: SourceReader<Slice>, count: number): Promise<Line[]> {
  const found: Line[] = [];
  while (found.length < count) found.push(...linesIn((await reader.read()) as ByteBatch));
  return found;
}
