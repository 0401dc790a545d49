/** How fast a figure grows, over the last moments: from samples of it, of which a bounded number is kept. */
export class Rate {
  readonly #windowMs: number;
  readonly #times: number[] = [];
  readonly #values: number[] = [];

  /** `windowMs`: how far back samples count. One older than that is kept, so that rare samples still give a rate. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds a sample and returns the growth a second between the oldest sample that counts and it; 0 for the first. */
  sample(atMs: number, value: number): number {
    this.#times.push(atMs);
    this.#values.push(value);
    while (this.#times[1]! <= atMs - this.#windowMs || this.#times.length > 100) {
      this.#times.shift();
      this.#values.shift();
    }
    const spanMs = atMs - this.#times[0]!;
    return spanMs <= 0 ? 0 : ((value - this.#values[0]!) * 1000) / spanMs;
  }
}
