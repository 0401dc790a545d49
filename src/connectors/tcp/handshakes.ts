import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { Clock, Timer } from "../../core/clock.ts";

/** The bounds of {@link Handshakes}. */
export interface HandshakeLimits {
  readonly idBytesMax: number;
  readonly timeoutMs: number;
  /** Connections that may wait at once; one more costs the oldest its place. */
  readonly waitingMax: number;
}

/** What comes of a connection. `failed` gets a reason from a bounded set. */
export interface HandshakeOutcome {
  known(id: string, socket: Socket): void;
  failed(reason: string, socket: Socket): void;
}

interface Waiting {
  readonly deadlineMs: number;
  readonly onData: (chunk: Buffer) => void;
  readonly onClose: () => void;
}

const lineFeed = 10;
const carriageReturn = 13;
const controls = /[\u0000-\u001f\u007f]/;

/**
 * Connections that have not sent their id yet. Each costs at most one id's bytes, and one timer serves all: who came first
 * is due first. What comes after the id's line end in the same segment is thrown away.
 */
export class Handshakes {
  readonly #limits: HandshakeLimits;
  readonly #clock: Clock;
  readonly #outcome: HandshakeOutcome;
  /** In the order in which they came. */
  readonly #waiting = new Map<Socket, Waiting>();
  #timer: Timer | undefined;

  constructor(limits: HandshakeLimits, clock: Clock, outcome: HandshakeOutcome) {
    this.#limits = limits;
    this.#clock = clock;
    this.#outcome = outcome;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Waits for the connection's id. */
  begin(socket: Socket): void {
    let held = Buffer.alloc(0);
    const waiting: Waiting = {
      deadlineMs: this.#clock.monotonic() + this.#limits.timeoutMs,
      onData: (chunk) => {
        const end = chunk.indexOf(lineFeed);
        const taken = end === -1 ? chunk.length : end;
        if (held.length + taken > this.#limits.idBytesMax + 1) this.#settle(socket, undefined, "id too long");
        else {
          held = Buffer.concat([held, chunk.subarray(0, taken)]);
          if (end !== -1) this.#decide(socket, held);
        }
      },
      onClose: () => this.#settle(socket, undefined, "left without an id"),
    };
    this.#waiting.set(socket, waiting);
    socket.on("data", waiting.onData);
    socket.once("close", waiting.onClose);
    socket.once("end", waiting.onClose);
    if (this.#waiting.size > this.#limits.waitingMax)
      this.#settle(this.#oldest()!, undefined, "too many without an id");
    this.#arm();
  }

  /** Lets go of all that wait. */
  close(): void {
    this.#timer?.cancel();
    for (const socket of this.#waiting.keys()) socket.destroy();
  }

  #decide(socket: Socket, line: Buffer): void {
    const idBytes = line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
    const id = idBytes.toString("utf8");
    if (idBytes.length === 0) this.#settle(socket, undefined, "empty id");
    else if (idBytes.length > this.#limits.idBytesMax) this.#settle(socket, undefined, "id too long");
    else if (!isUtf8(idBytes)) this.#settle(socket, undefined, "id not UTF-8");
    else if (controls.test(id)) this.#settle(socket, undefined, "control characters in id");
    else this.#settle(socket, id, "");
  }

  #settle(socket: Socket, id: string | undefined, reason: string): void {
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) return;
    this.#waiting.delete(socket);
    socket.off("data", waiting.onData);
    socket.off("close", waiting.onClose);
    socket.off("end", waiting.onClose);
    if (id === undefined) this.#outcome.failed(reason, socket);
    else this.#outcome.known(id, socket);
  }

  #oldest(): Socket | undefined {
    for (const socket of this.#waiting.keys()) return socket;
    return undefined;
  }

  #arm(): void {
    const oldest = this.#oldest();
    if (this.#timer !== undefined || oldest === undefined) return;
    const delayMs = this.#waiting.get(oldest)!.deadlineMs - this.#clock.monotonic();
    this.#timer = this.#clock.timer(Math.max(0, delayMs), () => {
      this.#timer = undefined;
      const now = this.#clock.monotonic();
      for (const [socket, { deadlineMs }] of this.#waiting) {
        if (deadlineMs > now) break;
        this.#settle(socket, undefined, "no id in time");
      }
      this.#arm();
    });
  }
}
