const perDecade = 40;
const leastMs = 0.001;

/** The columns of the histogram that people get to see. */
const withinMs = [0.5, 1, 2, 5, 10, 20, 50, 100, 1000] as const;

/** What times came to, in milliseconds. */
export interface LatencyFigures {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** What share of all took no longer than so many milliseconds. */
  readonly within: readonly { readonly ms: number; readonly share: number }[];
}

/** Times in milliseconds, counted in buckets 6 % wide. */
export class Latencies {
  readonly #counts: number[] = [];
  #count = 0;
  #maxMs = 0;

  add(ms: number, count = 1): void {
    const bucket = Math.max(0, Math.ceil(Math.log10(Math.max(ms, leastMs) / leastMs) * perDecade));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    this.#count += count;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  get count(): number {
    return this.#count;
  }

  /** Undefined when there were none. */
  figures(): LatencyFigures | undefined {
    if (this.#count === 0) return undefined;
    const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((share) => this.quantile(share)) as [
      number,
      number,
      number,
      number,
    ];
    const within = withinMs.map((ms) => ({ ms, share: this.#shareWithin(ms) }));
    return { count: this.#count, p50, p90, p99, p999, max: this.#maxMs, within };
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

  /** At most as high as it is: a bucket that reaches beyond the time does not count. */
  #shareWithin(ms: number): number {
    if (ms >= this.#maxMs) return 1;
    let count = 0;
    for (let bucket = 0; leastMs * 10 ** (bucket / perDecade) <= ms; bucket++) count += this.#counts[bucket] ?? 0;
    return count / this.#count;
  }
}
