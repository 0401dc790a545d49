import { systemClock } from "millrace";
import type { SoakJob } from "./job.ts";
import { quantile, type Sample, type Slope, theilSen } from "./theil-sen.ts";

/** What the samples come to. */
export interface SoakFigures {
  readonly count: number;
  readonly rssMaxBytes: number;
  /** In bytes an hour; undefined when there are too few samples. */
  readonly rssSlope: Slope | undefined;
  /** For how long processes were watched after their warm-up, in ms. */
  readonly watchedMs: number;
  readonly filesMin: number;
  readonly filesMax: number;
  /** The 99th percentile of the event loop's lag, second by second: of these the 99th percentile, and the worst. */
  readonly lagP99Ms: number;
  readonly lagWorstMs: number;
  /** The same over the seconds, so many of them, in which the process got a processor nearly whenever it wanted one. */
  readonly ownLagP99Ms: number;
  readonly ownSeconds: number;
  /** The longest that a checkpoint stopped the intake. */
  readonly pauseWorstMs: number;
}

const names = [
  "process_resident_memory_bytes",
  "nodejs_eventloop_lag_p99_seconds",
  "millrace_checkpoint_longest_pause_seconds",
];

/** Share of a second that a process may wait for a processor before its lag is the machine's and no longer its own. */
const waitShareMax = 0.05;

const hourMs = 3_600_000;

/** Figures of a job, taken once a second or so, over all its lives. */
export class Samples {
  readonly #warmUpMs: number;
  readonly #lives: Sample[][] = [];
  readonly #files: number[] = [];
  readonly #lagMs: number[] = [];
  readonly #ownLagMs: number[] = [];
  #waited: { readonly at: number; readonly ms: number } | undefined;
  #bornMs = 0;
  #rssMaxBytes = 0;
  #pauseWorstMs = 0;

  /** What a process does in its first `warmUpMs` counts for its highest memory only. */
  constructor(warmUpMs: number) {
    this.#warmUpMs = warmUpMs;
  }

  /** A new process begins. */
  born(): void {
    this.#lives.push([]);
    this.#bornMs = systemClock.monotonic();
    this.#waited = undefined;
  }

  async take(job: SoakJob): Promise<void> {
    const figures = await job.metrics(...names);
    if (figures === undefined) return;
    const [rss, lag, pause] = figures as [number, number, number];
    const at = systemClock.monotonic();
    this.#rssMaxBytes = Math.max(this.#rssMaxBytes, rss);
    if (at - this.#bornMs < this.#warmUpMs) return;
    const files = await job.openFiles();
    if (files.length === 0) return;
    this.#files.push(files.length);
    this.#lives.at(-1)!.push({ at: at / hourMs, value: rss });
    this.#lagMs.push(lag * 1_000);
    const waited = { at, ms: await job.waitedMs() };
    const before = this.#waited;
    this.#waited = waited;
    const share = before === undefined ? 1 : (waited.ms - before.ms) / (at - before.at);
    if (share <= waitShareMax) this.#ownLagMs.push(lag * 1_000);
    this.#pauseWorstMs = Math.max(this.#pauseWorstMs, pause * 1_000);
  }

  figures(): SoakFigures {
    const lags = this.#lagMs.toSorted((a, b) => a - b);
    const own = this.#ownLagMs.toSorted((a, b) => a - b);
    const watched = this.#lives.map((life) => ((life.at(-1)?.at ?? 0) - (life[0]?.at ?? 0)) * hourMs);
    return {
      count: this.#lagMs.length,
      rssMaxBytes: this.#rssMaxBytes,
      rssSlope: theilSen(this.#lives.map(thinned)),
      watchedMs: watched.reduce((sum, ms) => sum + ms, 0),
      filesMin: Math.min(...this.#files),
      filesMax: Math.max(...this.#files),
      lagP99Ms: quantile(lags, 0.99),
      lagWorstMs: lags.at(-1) ?? Number.NaN,
      ownLagP99Ms: quantile(own, 0.99),
      ownSeconds: own.length,
      pauseWorstMs: this.#pauseWorstMs,
    };
  }
}

/** At most so many samples of a life, evenly taken: the slope costs their square. */
const samplesMax = 1_000;

function thinned(life: readonly Sample[]): Sample[] {
  const step = Math.max(1, Math.ceil(life.length / samplesMax));
  return life.filter((_, index) => index % step === 0);
}
