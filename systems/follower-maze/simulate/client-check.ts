import { Expectation } from "./expectation.ts";
import { LatencySamples } from "./latency-samples.ts";
import type { ClientsOfProcess } from "./messages.ts";
import type { SimulationSettings } from "./settings.ts";

const problemsMax = 10;

/** With a rate, the model moves on by so few events at a time, or clients would wait for it. */
const measuringStepEvents = 4;

/** An event that a measured client is yet to have: where its last byte lies in what the client gets, and with which batch it was due. */
interface Due {
  readonly end: number;
  readonly batch: number;
}

/** Compares what some clients receive with what the model says, byte for byte, as it comes. A client is known by its place among them. */
export class ClientCheck {
  problems: string[] = [];
  /** Bytes of the sequence received, all clients together. */
  bytes = 0;
  lastAtMs = 0;
  /** When the sequence began to be sent; with a rate. */
  begunAtMs: number | undefined;
  /** How long after its batch was due a client had an event, when that is measured. */
  readonly samples = new LatencySamples();
  readonly #users: readonly number[];
  readonly #measured: boolean;
  readonly #settings: SimulationSettings;
  readonly #onReady: () => void;
  /** Before the sequence: what each client has received of the probes. */
  readonly #early: string[];
  readonly #due: Due[][];
  #ready = 0;
  #expectation: Expectation | undefined;

  /** `onReady` is called when every client has received a whole line. */
  constructor(settings: SimulationSettings, { users, measured }: ClientsOfProcess, onReady: () => void) {
    this.#settings = settings;
    this.#measured = measured;
    this.#users = users;
    this.#onReady = onReady;
    this.#early = users.map(() => "");
    this.#due = users.map(() => []);
  }

  get broken(): boolean {
    return this.problems.length > 0;
  }

  /** Whether every client has received everything. To be asked when all has been sent. */
  get done(): boolean {
    const expectation = this.#expectation;
    if (expectation === undefined) return false;
    while (!expectation.ended) expectation.advance();
    return expectation.clients.every(({ length }) => length === 0);
  }

  /** The sequence begins with this number; below it were probes, and a client got those sent since it was known. */
  begin(first: number): void {
    const expectation = new Expectation(this.#settings, first, this.#users);
    if (this.#measured) expectation.onMark = (client, event) => this.#mark(client, event);
    this.#expectation = expectation;
    for (const [client, early] of this.#early.entries()) {
      const from = Number(early.split("|")[0]);
      let probes = "";
      for (let probe = from; probe < first; probe++) probes += `${probe}|B\r\n`;
      const bytes = Buffer.from(probes);
      expectation.clients[client]!.append(bytes, bytes.length);
      expectation.clients[client]!.total = 0;
      expectation.clients[client]!.taken = -bytes.length;
      this.received(client, Buffer.from(early), 0);
    }
  }

  received(client: number, chunk: Buffer, atMs: number): void {
    const expectation = this.#expectation;
    if (expectation === undefined) {
      this.#receivedEarly(client, chunk);
      return;
    }
    const expected = expectation.clients[client]!;
    for (let at = 0; at < chunk.length; ) {
      while (expected.length === 0 && !expectation.ended) this.#advance(expectation);
      const matched = expected.match(chunk, at);
      if (matched <= 0) {
        this.#wrong(client, expected.length === 0 ? "nothing" : expected.text(), chunk.toString("latin1", at, at + 60));
        return;
      }
      at += matched;
    }
    this.bytes += chunk.length;
    this.lastAtMs = atMs;
    if (this.#measured && this.begunAtMs !== undefined) this.#measure(client, expected.taken, atMs);
  }

  closed(client: number): void {
    this.#problem(`client ${this.#users[client]} was disconnected`);
  }

  /** Tells which clients still wait for something. */
  tellMissing(): void {
    for (const [client, { length }] of this.#expectation?.clients.entries() ?? []) {
      if (length > 0) this.#problem(`client ${this.#users[client]} has not received ${length} bytes`);
    }
  }

  #advance(expectation: Expectation): void {
    if (this.#settings.rate === 0) expectation.advance();
    else expectation.advance(measuringStepEvents);
  }

  #receivedEarly(client: number, chunk: Buffer): void {
    const before = this.#early[client]!;
    this.#early[client] += chunk.toString("latin1");
    if (before.includes("\n") || !this.#early[client]!.includes("\n")) return;
    this.#ready += 1;
    if (this.#ready === this.#users.length) this.#onReady();
  }

  #mark(client: number, event: number): void {
    const batch = Math.floor(event / this.#settings.batch);
    this.#due[client]!.push({ end: this.#expectation!.clients[client]!.total, batch });
  }

  #measure(client: number, taken: number, atMs: number): void {
    const due = this.#due[client]!;
    const { batch: events, rate } = this.#settings;
    let passed = 0;
    for (; passed < due.length && due[passed]!.end <= taken; passed++) {
      const { batch } = due[passed]!;
      this.samples.add(batch, atMs - this.begunAtMs! - (batch * events * 1000) / rate);
    }
    if (passed > 0) due.splice(0, passed);
  }

  #wrong(client: number, expected: string, received: string): void {
    this.#problem(
      `client ${this.#users[client]} received ${JSON.stringify(received)} where ${JSON.stringify(expected)} was to come`,
    );
  }

  #problem(problem: string): void {
    if (this.problems.length < problemsMax) this.problems.push(problem);
  }
}
