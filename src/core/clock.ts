/** A timer that was set and may still be cancelled. */
export interface Timer {
  /** After this the callback never runs. Cancelling twice, or after it ran, does nothing. */
  cancel(): void;
}

/**
 * Where time comes from. All code asks a clock; none reads the machine's time itself,
 * so that a day of stream runs in milliseconds under test and the same seed gives the same run.
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May jump. For event time and for people. */
  now(): number;
  /** Milliseconds since some fixed moment, never going back. For durations. */
  monotonic(): number;
  /** Runs `callback` once, not before `delayMs` milliseconds have passed. */
  timer(delayMs: number, callback: () => void): Timer;
  /** Resolves after others that wait (timers, sockets, signals) have had their turn. For loops that might never wait. */
  turn(): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Waits `delayMs` milliseconds of `clock`, or less when `signal` aborts. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.timer(delayMs, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}
