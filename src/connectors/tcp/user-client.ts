import type { Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import type { BroadcastLog } from "./broadcast-log.ts";
import { Outbox } from "./outbox.ts";
import type { PagePool } from "./page-pool.ts";
import type { Slab } from "./slab.ts";

/** Where a client has to come to for a checkpoint: see {@link UserClient.goal}. */
export interface Goal {
  readonly place: number;
  readonly removed: number;
}

/** What all clients of a server share. */
export interface Surroundings {
  readonly log: BroadcastLog;
  readonly pool: PagePool;
  readonly clock: Clock;
}

/** One connected client that gave its id: its socket, and what waits for it. */
export class UserClient {
  readonly id: string;
  readonly outbox: Outbox;
  /** The next client with the same id. */
  sibling: UserClient | undefined;
  /** Whether it is in the list of those that have got a record of their own since the last sending. */
  listed = false;
  /** Whether it counts as far behind. */
  lagging = false;
  /** Whether it took nothing for a while in which somebody waited for it: nobody waits for it until it takes something. */
  stalled = false;
  /** How often the kernel took what it had refused before. */
  progress = 0;
  /** Bytes given to the socket since the client came. */
  sentBytes = 0;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #inFlight = 0;
  #refusedAtMs = 0;
  readonly #onWritten: () => void;

  /** `moved` is called when the kernel has taken what it had refused before. */
  constructor(id: string, socket: Socket, { log, pool, clock }: Surroundings, moved: (client: UserClient) => void) {
    this.id = id;
    this.#socket = socket;
    this.#clock = clock;
    this.outbox = new Outbox(log, pool);
    this.#onWritten = () => {
      // Called as well for writes that were taken at once, a turn later, when another may be under way.
      if (this.#inFlight === 0 || socket.writableLength > 0 || socket.destroyed) return;
      this.#inFlight = 0;
      this.progress += 1;
      moved(this);
    };
  }

  /** What waits and what the kernel has not taken yet, in bytes. */
  get bytes(): number {
    return this.outbox.bytes + this.#inFlight;
  }

  /** For how long the kernel has taken nothing of what it was given. */
  get refusedMs(): number {
    return this.#inFlight === 0 ? 0 : this.#clock.monotonic() - this.#refusedAtMs;
  }

  /** Whether its connection is over. */
  get gone(): boolean {
    return this.#socket.destroyed;
  }

  /** Gives the socket what waits, as far as the kernel takes it at once. */
  send(slab: Slab): void {
    while (this.#inFlight === 0 && !this.#socket.destroyed) {
      const bytes = this.outbox.next(slab);
      if (bytes === undefined) return;
      this.sentBytes += bytes.length;
      this.#socket.write(bytes, this.#onWritten);
      if (this.#socket.writableLength === 0) continue;
      this.#inFlight = bytes.length;
      this.#refusedAtMs = this.#clock.monotonic();
      slab.keep(bytes);
    }
  }

  /** The place that is reached when all that waits now was taken by the kernel or dropped. */
  goal(log: BroadcastLog): Goal {
    return { place: log.records, removed: this.outbox.own.added };
  }

  /** Whether it has come so far. */
  reached(goal: Goal): boolean {
    return this.#inFlight === 0 && this.outbox.place >= goal.place && this.outbox.own.removed >= goal.removed;
  }

  /** Ends the connection: after what the kernel was to take, or at once when that may never be. */
  close(): void {
    if (this.bytes === 0) this.#socket.destroySoon();
    else this.#socket.destroy();
  }

  /** Ends the connection now. */
  destroy(): void {
    this.#socket.destroy();
  }
}
