import type { Clock } from "../core/clock.ts";
import { type Duration, durationMs, durationText } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";

/** So many records in so long a time: `"2/s"`, `"30/m"`, `"100/5s"`, or the same in two fields. */
export type Rate = string | { readonly records: number; readonly per: Duration };

/** Timers are no finer than this; a rate with shorter gaps is kept over this time instead, in milliseconds. */
const slackMs = 20;

/** Below what a clock can tell apart: sums of fractions of a millisecond do not come out even. */
const epsilonMs = 1e-3;

/** The time from one record to the next, in milliseconds. Throws `ML1002` for what is not a rate, `ML1003` for its duration. */
export function gapMs(rate: Rate): number {
  const [records, per] = typeof rate === "string" ? parts(rate) : [rate.records, rate.per];
  const gap = durationMs(per) / records;
  if (records > 0 && gap > 0 && Number.isFinite(gap)) return gap;
  throw notARate(rate);
}

/** A rate for people: `"2/s"`. */
export function rateText(rate: Rate): string {
  return typeof rate === "string" ? rate : `${rate.records}/${durationText(durationMs(rate.per))}`;
}

function parts(rate: string): [number, string] {
  const match = /^(\d+(?:\.\d+)?)\/(.+)$/.exec(rate);
  if (match === null) throw notARate(rate);
  const per = match[2]!;
  return [Number(match[1]), /^\d/.test(per) ? per : `1${per}`];
}

function notARate(rate: Rate): MillraceError {
  const message = `${JSON.stringify(rate)} is not a rate such as "2/s", "100/5s" or { records: 2, per: "1s" }`;
  return new MillraceError("ML1002", { message });
}

/**
 * Lets records pass `gapMs` apart, the first at once. Gaps of 20 ms and more are kept one by one: nothing is made up for.
 * Shorter ones are kept on average over 20 ms: what a late timer cost is made up for, so in any time `t` at most
 * `(t + 20 ms) / gapMs + 1` records pass. Algorithm: the generic cell rate algorithm (ITU-T I.371, virtual scheduling),
 * a token bucket that needs no ticking.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #slackMs: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock;
    this.#gapMs = gapMs;
    this.#slackMs = gapMs < slackMs ? slackMs : 0;
  }

  /** Takes a turn if there is one now. */
  take(): boolean {
    const now = this.#clock.monotonic();
    if (now + epsilonMs < this.#nextMs) return false;
    this.#nextMs = Math.max(this.#nextMs, now - this.#slackMs) + this.#gapMs;
    return true;
  }

  /** How long until the next turn, in milliseconds; 0 or less: now. */
  get waitMs(): number {
    return this.#nextMs - this.#clock.monotonic();
  }
}
