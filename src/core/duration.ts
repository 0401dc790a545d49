import { MillraceError } from "./errors.ts";

/** A length of time: a number of milliseconds, or text such as `"250ms"`, `"5s"`, `"1m"`, `"1h"`, `"1d"`, `"1h30m"`. */
export type Duration = number | string;

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/y;

/** The milliseconds of a duration. Throws `ML1003` on text that is not one, and on numbers that are negative or not finite. */
export function durationMs(duration: Duration): number {
  if (typeof duration === "number") {
    if (duration >= 0 && Number.isFinite(duration)) return duration;
    throw notADuration(duration);
  }
  let total = 0;
  let at = 0;
  while (at < duration.length) {
    part.lastIndex = at;
    const match = part.exec(duration);
    if (match === null) throw notADuration(duration);
    total += Number(match[1]) * unitMs[match[2]!]!;
    at = part.lastIndex;
  }
  if (at === 0) throw notADuration(duration);
  return total;
}

/** The shortest exact text of a whole number of milliseconds: `90_000` is `"90s"`, `3_600_000` is `"1h"`. */
export function durationText(ms: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    const size = unitMs[unit]!;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

function notADuration(given: unknown): MillraceError {
  return new MillraceError("ML1003", { message: `${JSON.stringify(given)} is not a duration` });
}
