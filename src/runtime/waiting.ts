import type { Clock } from "../core/clock.ts";

/** Measures for how long every open source was being waited for: see `OperatorContext.waitedMs`. */
export class Waiting {
  readonly #clock: Clock;
  #busy = 0;
  #waitedMs = 0;
  #since: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  get ms(): number {
    return this.#waitedMs + (this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since);
  }

  /** A source gave something to work on. */
  begin(): void {
    this.#waitedMs = this.ms;
    this.#since = undefined;
    this.#busy += 1;
  }

  /** It is being waited for again, or has ended. */
  end(): void {
    this.#busy -= 1;
    if (this.#busy === 0) this.#since = this.#clock.monotonic();
  }
}
