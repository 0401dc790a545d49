import type { Clock } from "../core/clock.ts";
import { sleep } from "../core/clock.ts";
import { MillraceError } from "../core/errors.ts";

/** How long a sink that did not drain in time may take to close, in milliseconds. */
const closeMs = 1_000;

/**
 * Awaits a run's work, but once `stop` has aborted no longer than `drainMs`: a sink may never take what it is given. Rejects
 * with `ML6001` then; what becomes of the work after that is nobody's concern.
 */
export async function inTime(work: Promise<void>, clock: Clock, stop: AbortSignal, drainMs: number): Promise<void> {
  const done = new AbortController();
  const expired = aborted(stop)
    .then(() => sleep(clock, drainMs, done.signal))
    .then(() => {
      if (!done.signal.aborted) throw new MillraceError("ML6001", { message: `not drained after ${drainMs} ms` });
    });
  await Promise.race([work, expired]).finally(() => done.abort());
}

/** Awaits the closing of what did not drain in time for a moment only: it may never close either. */
export async function briefly(closing: Promise<void> | undefined, clock: Clock): Promise<void> {
  const closed = new AbortController();
  await Promise.race([closing, sleep(clock, closeMs, closed.signal)]).finally(() => closed.abort());
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
