import type { Random } from "../core/random.ts";

/** How often and how soon to try again. */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** The longest wait before the second try, in milliseconds; 100 unless told. It doubles with each try. */
  readonly baseMs?: number | undefined;
  /** The longest wait there is, in milliseconds; 10,000 unless told. */
  readonly maxMs?: number | undefined;
}

/**
 * How long to wait after try `attempt` (1 is the first), in milliseconds: full jitter, that is evenly between 0 and the
 * doubled base or the maximum, so that many callers that failed together do not come back together.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: Random): number {
  const ceilingMs = Math.min(policy.maxMs ?? 10_000, (policy.baseMs ?? 100) * 2 ** (attempt - 1));
  return random.next() * ceilingMs;
}
