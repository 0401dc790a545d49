import { Latencies } from "./latencies.ts";

/** How long after its batch was due each event was there: kept until it is known how late the source itself sent each batch. */
export class LatencySamples {
  /** Runs of samples that are the same. */
  readonly #batches: number[] = [];
  readonly #ms: number[] = [];
  readonly #counts: number[] = [];

  add(batch: number, ms: number): void {
    const last = this.#counts.length - 1;
    if (last >= 0 && this.#batches[last] === batch && this.#ms[last] === ms) this.#counts[last]! += 1;
    else {
      this.#batches.push(batch);
      this.#ms.push(ms);
      this.#counts.push(1);
    }
  }

  /** Counted from `lateMs` after each batch was due, by batch; from when it was due where nothing is told. */
  latencies(lateMs: readonly number[] = []): Latencies {
    const latencies = new Latencies();
    for (const [run, ms] of this.#ms.entries()) {
      latencies.add(ms - (lateMs[this.#batches[run]!] ?? 0), this.#counts[run]);
    }
    return latencies;
  }
}
