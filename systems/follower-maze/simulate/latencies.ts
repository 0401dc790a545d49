const perDecade = 40;
const leastMs = 0.001;

/** Times in milliseconds, counted in buckets 6 % wide. */
export class Latencies {
  readonly #counts: number[] = [];
  #count = 0;
  #maxMs = 0;

  add(ms: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log10(Math.max(ms, leastMs) / leastMs) * perDecade));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  get count(): number {
    return this.#count;
  }

  /** The time that this share of all stays within, at most 6 % too high. */
  quantile(share: number): number {
    let left = share * this.#count;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return Math.min(this.#maxMs, leastMs * 10 ** (bucket / perDecade));
    }
    return this.#maxMs;
  }
}
