import type { Clock, Timer } from "../core/clock.ts";
import { reasonOf } from "../core/errors.ts";
import { jobFigures } from "./figures.ts";
import type { Logger } from "./log.ts";
import { printable } from "./printable.ts";
import { type ProgressRates, progressFields, progressLine } from "./progress-line.ts";
import { Rate } from "./rate.ts";
import type { JobStatus } from "./status.ts";
import type { StatusLine } from "./status-line.ts";

/** What is shown, and where. */
export interface ProgressOptions {
  readonly status: () => JobStatus;
  readonly clock: Clock;
  /** A terminal's line, redrawn four times a second; without it a log line is written every five seconds. */
  readonly line?: StatusLine | undefined;
  readonly logger: Logger;
  readonly redrawMs?: number | undefined;
  readonly logEveryMs?: number | undefined;
}

/** Progress that is being shown. */
export interface Progress {
  /** Shows no more, and takes the line off the terminal. */
  stop(): void;
}

/**
 * Shows how far a pipeline has come until it is stopped. Rates are over the last five seconds. On a terminal, let the
 * logger write through the line, so that the two do not mix:
 *
 * ```ts
 * const line = process.stderr.isTTY ? new StatusLine(process.stderr) : undefined;
 * const logger = createLogger({ out: line ?? process.stderr });
 * const progress = showProgress({ status, clock, line, logger });
 * ```
 */
export function showProgress(options: ProgressOptions): Progress {
  const { clock, line, logger, status } = options;
  const everyMs = line === undefined ? (options.logEveryMs ?? 5_000) : (options.redrawMs ?? 250);
  const rates = progressRates(clock);
  const show = () => {
    const now = status();
    const current = rates(now);
    if (line === undefined) logger.info("progress", progressFields(now, current));
    else line.draw(progressLine(now, current, (line.columns || 80) - 1));
  };
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (thrown) {
      const why = printable(`no progress can be shown: ${reasonOf(thrown)}`);
      if (line === undefined) logger.warn(why);
      else line.draw(why);
    }
  };
  let timer: Timer;
  const tick = () => {
    attempt(show);
    timer = clock.timer(everyMs, tick);
  };
  attempt(() => rates(status()));
  timer = clock.timer(everyMs, tick);
  return {
    stop: () => {
      timer.cancel();
      line?.clear();
    },
  };
}

function progressRates(clock: Clock): (status: JobStatus) => ProgressRates {
  const windowMs = 5_000;
  const [records, bytes, done] = [new Rate(windowMs), new Rate(windowMs), new Rate(windowMs)];
  return (status) => {
    const figures = jobFigures(status);
    const now = clock.monotonic();
    return {
      recordsPerSecond: records.sample(now, figures.records),
      bytesPerSecond: bytes.sample(now, figures.bytes),
      donePerSecond: done.sample(now, figures.doneBytes),
    };
  };
}
