import type { Clock, Timer } from "../core/clock.ts";
import { limits } from "../core/limits.ts";
import type { Graph } from "./graph.ts";

/**
 * Flushes sinks after records that came while no feed was at work, by a step's timer or an answer from outside: those that come alone
 * in the next turn of the loop, many of them every few milliseconds. After a feed's own it sees to that itself.
 */
export class Linger {
  readonly #clock: Clock;
  readonly #graph: Graph;
  #timer: Timer | undefined;
  #isWanted = false;
  #flushedAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(clock: Clock, graph: Graph) {
    this.#clock = clock;
    this.#graph = graph;
  }

  /** Something may have come. */
  look(): void {
    if (this.#isWanted || this.#closed || !this.#graph.unflushed) return;
    this.#isWanted = true;
    const waitMs = this.#flushedAtMs + limits.lingerMs - this.#clock.monotonic();
    if (waitMs > 0) this.#timer = this.#clock.timer(waitMs, () => this.#flush());
    else void this.#clock.turn().then(() => this.#flush());
  }

  /** Flushes nothing any more. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #flush(): void {
    if (this.#closed) return;
    this.#isWanted = false;
    this.#flushedAtMs = this.#clock.monotonic();
    this.#graph.flush();
  }
}
