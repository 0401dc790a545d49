import { MillraceError } from "../core/errors.ts";
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

/** The policy itself. Throws `ML1002`, naming the step's kind, when a number in it is none that one can retry by. */
export function checkedRetry(kind: string, policy: RetryPolicy | undefined): RetryPolicy | undefined {
  if (policy === undefined) return undefined;
  const { attempts, baseMs = 0, maxMs = 0 } = policy;
  if (!Number.isInteger(attempts) || attempts < 1) throw wrong(kind, "attempts", "a whole number from 1", attempts);
  if (!(baseMs >= 0 && Number.isFinite(baseMs))) throw wrong(kind, "baseMs", "milliseconds, 0 or more", baseMs);
  if (!(maxMs >= 0 && Number.isFinite(maxMs))) throw wrong(kind, "maxMs", "milliseconds, 0 or more", maxMs);
  return policy;
}

function wrong(kind: string, name: string, wanted: string, given: number): MillraceError {
  return new MillraceError("ML1002", { message: `${kind}: retry "${name}" must be ${wanted}, not ${given}` });
}

/**
 * How long to wait after try `attempt` (1 is the first), in milliseconds: full jitter, that is evenly between 0 and the
 * doubled base or the maximum, so that many callers that failed together do not come back together.
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: Random): number {
  // 2 ** 1024 is infinite, and nothing times that is no number.
  const ceilingMs = Math.min(policy.maxMs ?? 10_000, (policy.baseMs ?? 100) * 2 ** Math.min(attempt - 1, 1000));
  return random.next() * ceilingMs;
}
