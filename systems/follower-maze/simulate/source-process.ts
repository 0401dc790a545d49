import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { reasonOf, sleep, systemClock } from "millrace";
import { connectionFailure } from "./connection-failure.ts";
import { EventStream } from "./event-stream.ts";
import type { Order, SourceNews } from "./messages.ts";
import { rest } from "./rest.ts";
import type { SimulationSettings } from "./settings.ts";
import { sharedMs } from "./shared-clock.ts";
import { SourceLateness } from "./source-lateness.ts";

/** This file, which is a program, too: the event source of a simulation, in a process of its own. */
export const sourceProcessFile = fileURLToPath(import.meta.url);

/** Bytes gathered for one write. */
const writeBytes = 64 * 1024;

/** By so much a timer may be late. */
const timerMs = 2;

class EventSource {
  readonly #settings: SimulationSettings;
  readonly #socket: Socket;
  #probes = 0;
  #waitedMs = 0;
  #bytes = 0;
  readonly #lateness = new SourceLateness();

  constructor(settings: SimulationSettings) {
    this.#settings = settings;
    this.#socket = connect({ host: settings.host, port: settings.eventPort, noDelay: true });
    const place = `${settings.host}:${settings.eventPort}`;
    this.#socket.on("error", (error) => failed(connectionFailure("the event source", place, error)));
    this.#socket.on("end", () => failed("the server closed the event source's connection"));
    this.#socket.on("connect", () => tell({ type: "connected" }));
  }

  probe(): void {
    this.#probes += 1;
    this.#socket.write(`${this.#probes}|B\r\n`);
    tell({ type: "probed", number: this.#probes });
  }

  async send(first: number): Promise<void> {
    const stream = new EventStream(this.#settings, first);
    const beganMs = sharedMs();
    tell({ type: "begun", atMs: beganMs });
    if (this.#settings.rate === 0) await this.#sendAll(stream);
    else await this.#sendAtRate(stream, beganMs);
    const { user, system } = process.cpuUsage();
    tell({
      type: "sent",
      lines: stream.lines,
      bytes: this.#bytes,
      durationMs: sharedMs() - beganMs,
      waitedMs: this.#waitedMs,
      cpuMs: (user + system) / 1000,
      lateMs: this.#lateness.ms,
    });
  }

  async #sendAll(stream: EventStream): Promise<void> {
    while (!stream.done) {
      const batches: Buffer[] = [];
      for (let bytes = 0; bytes < writeBytes && !stream.done; ) {
        const batch = stream.nextBatch();
        batches.push(batch);
        bytes += batch.length;
      }
      await this.#write(Buffer.concat(batches));
    }
  }

  /** Batch `k` is due when as many events as come before it should have been sent; a source that is late does not wait. */
  async #sendAtRate(stream: EventStream, beganMs: number): Promise<void> {
    const batchMs = (1000 * this.#settings.batch) / this.#settings.rate;
    for (let batch = 0; !stream.done; batch++) {
      for (;;) {
        const leftMs = beganMs + batch * batchMs - sharedMs();
        if (leftMs <= 0) {
          this.#lateness.sends(-leftMs);
          break;
        }
        this.#lateness.isInTime();
        // A timer is up to a millisecond late; and to be awake for the last of it would take the server's share of the machine.
        if (leftMs > timerMs) await sleep(systemClock, leftMs - timerMs);
        else rest(leftMs);
      }
      await this.#write(stream.nextBatch());
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#bytes += bytes.length;
    if (this.#socket.write(bytes)) return;
    const beganMs = sharedMs();
    this.#lateness.isHeldBack();
    await once(this.#socket, "drain");
    this.#waitedMs += sharedMs() - beganMs;
  }
}

function tell(news: SourceNews): void {
  process.send!(news);
}

function failed(message: string): void {
  tell({ type: "failed", message });
}

function main(): void {
  let source: EventSource | undefined;
  process.on("disconnect", () => process.exit());
  process.on("message", (order: Order) => {
    if (order.type === "start") source = new EventSource(order.settings);
    else if (order.type === "probe") source?.probe();
    else if (order.type === "go") source?.send(order.first).catch((thrown) => failed(reasonOf(thrown)));
  });
}

if (import.meta.main) main();
