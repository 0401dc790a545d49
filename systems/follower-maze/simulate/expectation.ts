import { EventMaker, kinds, lineBytesMax, missingNumbers } from "./event-maker.ts";
import type { SimulationSettings } from "./settings.ts";

/** Events that the model moves on at a time, unless told. */
const stepEvents = 256;

/** Bytes that a client is yet to receive, in order. */
class Expected {
  /** Bytes put in and taken out so far, the starting probes not counted. */
  total = 0;
  taken = 0;
  #buffer = Buffer.allocUnsafe(4096);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(bytes: Uint8Array, length: number): void {
    if (this.#end + length > this.#buffer.length) this.#makeRoom(length);
    const buffer = this.#buffer;
    let end = this.#end;
    for (let at = 0; at < length; at++) buffer[end++] = bytes[at]!;
    this.#end = end;
    this.total += length;
  }

  /** How many bytes of the chunk, from `from` on, are as expected, as far as is known; -1 when one is not. */
  match(chunk: Buffer, from: number): number {
    const length = Math.min(chunk.length - from, this.length);
    if (this.#buffer.compare(chunk, from, from + length, this.#start, this.#start + length) !== 0) return -1;
    this.#start += length;
    this.taken += length;
    return length;
  }

  /** Takes all that is known so far, in memory of its own. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(this.#start, this.#end));
    this.taken += bytes.length;
    this.#start = this.#end = 0;
    return bytes;
  }

  /** The next bytes, as text for people. */
  text(): string {
    return this.#buffer.toString("latin1", this.#start, Math.min(this.#end, this.#start + 60));
  }

  #makeRoom(length: number): void {
    const kept = this.length;
    const size = kept + length > this.#buffer.length / 2 ? 2 * (this.#buffer.length + length) : this.#buffer.length;
    const target = size === this.#buffer.length ? this.#buffer : Buffer.allocUnsafe(size);
    this.#buffer.copy(target, 0, this.#start, this.#end);
    this.#buffer = target;
    this.#start = 0;
    this.#end = kept;
  }
}

/**
 * What each client should receive: an independent model of the protocol's rules, which knows of the follower graph only
 * what concerns these clients, as a table of bits. It moves on as the fastest client receives.
 */
export class Expectation {
  readonly clients: readonly Expected[];
  /** Calls `mark(client, event)` when event number `event`, counted from 0, has been put in for one of the marked clients. */
  onMark: ((client: number, event: number) => void) | undefined;
  readonly #settings: SimulationSettings;
  readonly #first: number;
  readonly #maker: EventMaker;
  readonly #missing: ReadonlySet<number>;
  /** Whether client `c` follows user `u`, at `u * clients + c`. */
  readonly #follows: Uint8Array;
  /** By user: which of the clients that is; -1 for none. */
  readonly #places: Int32Array;
  readonly #line = Buffer.alloc(lineBytesMax);
  #made = 0;

  /** `users`: whose clients they are. */
  constructor(settings: SimulationSettings, first: number, users: readonly number[]) {
    this.#settings = settings;
    this.#first = first;
    this.#maker = new EventMaker(settings.seed, settings.users);
    this.#missing = missingNumbers(settings);
    this.#follows = new Uint8Array((settings.users + 1) * users.length);
    this.#places = new Int32Array(settings.users + 1).fill(-1);
    for (const [place, user] of users.entries()) this.#places[user] = place;
    this.clients = users.map(() => new Expected());
  }

  /** Whether the model has come to the end of the sequence. */
  get ended(): boolean {
    return this.#made === this.#settings.events;
  }

  /** Moves on by some events. */
  advance(events = stepEvents): void {
    const until = Math.min(this.#settings.events, this.#made + events);
    while (this.#made < until) {
      this.#made += 1;
      this.#maker.next();
      if (this.#missing.has(this.#made)) continue;
      this.#apply(this.#maker.write(this.#line, 0, this.#first + this.#made - 1));
    }
  }

  #apply(length: number): void {
    const { kind, from, to } = this.#maker;
    const clients = this.clients.length;
    if (kind === kinds.broadcast) for (let client = 0; client < clients; client++) this.#tell(client, length);
    else if (kind === kinds.status) {
      const row = from * clients;
      for (let client = 0; client < clients; client++)
        if (this.#follows[row + client] === 1) this.#tell(client, length);
    } else {
      const follower = this.#places[from]!;
      if (kind !== kinds.private && follower >= 0) {
        this.#follows[to * clients + follower] = kind === kinds.follow ? 1 : 0;
      }
      const told = this.#places[to]!;
      if (kind !== kinds.unfollow && told >= 0) this.#tell(told, length);
    }
  }

  #tell(client: number, length: number): void {
    this.clients[client]!.append(this.#line, length);
    this.onMark?.(client, this.#made - 1);
  }
}
