import type { Clock, Timer } from "../core/clock.ts";
import { TimerHeap } from "./timer-heap.ts";

/**
 * Time that stands still until it is told to move: a day of stream in milliseconds. Timers run in the order of their time,
 * those of one moment in the order they were set.
 */
export class ManualClock implements Clock {
  #monotonicMs = 0;
  #startMs: number;
  readonly #timers = new TimerHeap();
  #order = 0;

  /** @param startMs wall time at the start, in milliseconds since the epoch. */
  constructor(startMs = 0) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#monotonicMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  timer(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, callback, place: -1 };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.remove(timer) };
  }

  turn(): Promise<void> {
    return Promise.resolve();
  }

  /** When the next timer is due, in milliseconds since the epoch; undefined when none is set. */
  get nextAtMs(): number | undefined {
    const first = this.#timers.first;
    return first === undefined ? undefined : this.#startMs + first.atMs;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Moves time on by `ms`, running each timer at its moment, and lets what they woke go on in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await settled();
    while (this.#timers.size > 0 && this.#timers.first!.atMs <= endMs) await this.next();
    this.#monotonicMs = Math.max(this.#monotonicMs, endMs);
  }

  /** Moves time on to the next timer, runs it alone, and lets what it woke go on; false when there is none. */
  async next(): Promise<boolean> {
    const { first } = this.#timers;
    if (first === undefined) return false;
    this.#timers.remove(first);
    this.#monotonicMs = Math.max(this.#monotonicMs, first.atMs);
    first.callback();
    await settled();
    return true;
  }

  /** Sets the wall time `ms` on, or back if negative, as an administrator or a leap second does. Timers and durations do not notice. */
  jump(ms: number): void {
    this.#startMs += ms;
  }
}

/** Resolves when the promises that could go on without time passing have gone on: real I/O is not waited for. */
export function settled(): Promise<void> {
  // tidy: allowed, the only way to come after every microtask; no result depends on it
  return new Promise((resolve) => setImmediate(resolve));
}
