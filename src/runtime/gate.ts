import type { Clock } from "../core/clock.ts";

/**
 * What holds the sources back: closed while any step or sink that is full asks for it. When it opens, those who wait come
 * through one after another, the longest waiting first, for as long as it stays open: what is full has asked for room
 * once, and not once for each source; and no source can keep the others out.
 */
export class Gate {
  readonly #clock: Clock;
  #holds = 0;
  #heldMs = 0;
  #heldSince = 0;
  #waiting: (() => void)[] = [];
  #watching: (() => void)[] = [];
  /** Of each hold, the holder's place in the plan. */
  readonly #places: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get closed(): boolean {
    return this.#holds > 0;
  }

  /** Whether a step of a higher place in the plan holds: those behind a step all have one. */
  heldBehind(place: number): boolean {
    for (const holder of this.#places) if (holder > place) return true;
    return false;
  }

  /** For how long it has been closed so far, in milliseconds. */
  get heldMs(): number {
    return this.#heldMs + (this.#holds === 0 ? 0 : this.#clock.monotonic() - this.#heldSince);
  }

  /** `place` is the holder's in the plan; that of a sink is behind all. */
  hold(place = Number.POSITIVE_INFINITY): void {
    if (this.#holds === 0) this.#heldSince = this.#clock.monotonic();
    this.#holds += 1;
    this.#places.push(place);
  }

  release(place = Number.POSITIVE_INFINITY): void {
    if (this.#holds === 1) this.#heldMs = this.heldMs;
    this.#holds -= 1;
    this.#places.splice(this.#places.indexOf(place), 1);
    for (const look of this.#watching.splice(0)) look();
    this.next();
  }

  /** Calls `look` once, when the next hold is released. */
  onRelease(look: () => void): void {
    this.#watching.push(look);
  }

  /**
   * Resolves when it is one's turn at the open gate, or when somebody wakes those who wait. Whoever came through calls
   * `next` when it is done for now.
   */
  opened(): Promise<void> {
    if (!this.closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets the next through if the gate is open. */
  next(): void {
    if (!this.closed) this.#waiting.shift()?.();
  }

  /** Lets those who wait look again, open or not: the pipeline stops or has failed. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
