import { type Clock, sleep } from "../../core/clock.ts";
import type { Random } from "../../core/random.ts";
import { failedWith, KafkaFailure } from "./client/kafka-failure.ts";

/** How long something is tried for. */
export interface Patience {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds after which the last failure stands, whatever it is or by what it is; Infinity to go on until `signal` aborts. */
  readonly patienceMs: number | ((failure: KafkaFailure) => number);
  readonly signal?: AbortSignal | undefined;
  /** Codes that are worth another try here, besides those the protocol calls retryable. */
  readonly also?: readonly string[] | undefined;
  /** The first pause; 20 unless told. */
  readonly firstPauseMs?: number | undefined;
  /** Called before each new try. */
  readonly onRetry?: ((failure: KafkaFailure) => void) | undefined;
}

const usualFirstPauseMs = 20;
const pauseMsMax = 1000;

/** How long something that may never end is waited for when all is being closed. */
const closingMs = 2000;

/** Resolves when `work` has ended, or after a moment without it. */
export async function briefly(clock: Clock, work: Promise<void>): Promise<void> {
  const ended = new AbortController();
  await Promise.race([work.finally(() => ended.abort()), sleep(clock, closingMs, ended.signal)]);
}

/** Does `work`, again after each failure that may pass, with pauses that double up to a second. Rejects with the last failure. */
export async function retrying<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const { clock, random, patienceMs, signal, also = [], firstPauseMs = usualFirstPauseMs, onRetry } = patience;
  const began = clock.monotonic();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
    try {
      return await work();
    } catch (thrown) {
      const mayPass = (thrown instanceof KafkaFailure && thrown.retryable) || failedWith(thrown, ...also);
      if (!mayPass || signal?.aborted) throw thrown;
      const limitMs = typeof patienceMs === "number" ? patienceMs : patienceMs(thrown as KafkaFailure);
      if (clock.monotonic() - began >= limitMs) throw thrown;
      onRetry?.(thrown as KafkaFailure);
      await sleep(clock, pauseMs * (0.5 + random.next() / 2), signal);
      if (signal?.aborted) throw thrown;
    }
  }
}
