import type { RunningPipeline } from "../runtime/running-pipeline.ts";

const looksBetween = 8;

/** Watches figures that steps give of themselves while they run: `"calls.inFlight": 4` is step `calls`, its figure `inFlight`. */
export class Bounds {
  readonly #bounds: readonly { readonly step: string; readonly figure: string; readonly max: number }[];
  readonly #problem: (text: string) => void;
  #looks = 0;

  constructor(bounds: Readonly<Record<string, number>>, problem: (text: string) => void) {
    this.#bounds = Object.entries(bounds).map(([name, max]) => {
      const dot = name.lastIndexOf(".");
      return { step: name.slice(0, dot), figure: name.slice(dot + 1), max };
    });
    this.#problem = problem;
  }

  /** Looks, every so often. */
  check(job: RunningPipeline): void {
    if (this.#bounds.length === 0 || this.#looks++ % looksBetween > 0) return;
    const { steps } = job.status();
    for (const { step, figure, max } of this.#bounds) {
      const value = Number(steps.find(({ id }) => id === step)?.own[figure] ?? 0);
      if (value > max) this.#problem(`step "${step}" has ${value} ${figure}, more than ${max}`);
    }
  }
}
