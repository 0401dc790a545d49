import { type Duration, durationMs, durationText } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";

/** Windows side by side: each size cuts time into pieces that neither overlap nor leave gaps. */
export interface Tumbling {
  readonly kind: "tumbling";
  /** In milliseconds, smallest first, no two the same. */
  readonly sizesMs: readonly number[];
  /** How far behind the epoch the pieces begin, in milliseconds. */
  readonly offsetMs: number;
}

/** Windows of one size that begin every so often: a record is in each of those that hold its time. */
export interface Hopping {
  readonly kind: "hopping";
  readonly sizeMs: number;
  readonly everyMs: number;
  readonly offsetMs: number;
}

/** Windows as long as there is activity: from a key's first record until `gapMs` after its last. */
export interface Session {
  readonly kind: "session";
  readonly gapMs: number;
}

/** How time is cut into windows. A window holds its start and not its end. */
export type Windows = Tumbling | Hopping | Session;

/** Where windows begin. `offset` moves them behind the epoch: days of New York's winter begin at `"5h"`. */
export interface WindowOptions {
  readonly offset?: Duration;
}

const sizesMax = 32;
const overlapMax = 1_000;

/**
 * Windows side by side, of one size or of several from the same records: `tumbling("1m")`, `tumbling("1m", "1h", "1d")`,
 * `tumbling("1d", { offset: "5h" })`. Throws `ML1002` on sizes that are not whole milliseconds above 0, or come twice.
 */
export function tumbling(
  ...sizes: readonly [Duration, ...Duration[]] | readonly [Duration, ...Duration[], WindowOptions]
): Tumbling {
  const given: readonly (Duration | WindowOptions)[] = sizes;
  const durations = given.filter((size): size is Duration => typeof size !== "object");
  const options = given.find((size): size is WindowOptions => typeof size === "object");
  const sizesMs = durations.map((size) => wholeMs("a window's size", size)).sort((a, b) => a - b);
  const twice = sizesMs.find((size, i) => size === sizesMs[i + 1]);
  if (twice !== undefined) throw badOption(`the window size ${durationText(twice)} is given twice`);
  if (sizesMs.length === 0 || sizesMs.length > sizesMax) throw badOption(`give 1 to ${sizesMax} window sizes`);
  return { kind: "tumbling", sizesMs, offsetMs: offsetMs(options) };
}

/**
 * Windows of `size` that begin at each multiple of `every`: a record is in `size / every` of them, and costs as much.
 * Throws `ML1002` when `every` is longer than `size`, or more than 1,000 windows would overlap.
 */
export function hopping(options: { readonly size: Duration; readonly every: Duration } & WindowOptions): Hopping {
  const sizeMs = wholeMs("a window's size", options.size);
  const everyMs = wholeMs("what windows begin every", options.every);
  if (everyMs > sizeMs) throw badOption("hopping windows that begin less often than they are long would lose records");
  if (sizeMs / everyMs > overlapMax) throw badOption(`at most ${overlapMax} hopping windows may overlap`);
  return { kind: "hopping", sizeMs, everyMs, offsetMs: offsetMs(options) };
}

/**
 * A window for each burst of a key's records: it ends when `gap` has passed without one. A record exactly `gap` after the
 * last one begins the next session. Throws `ML1002` on a gap that is not whole milliseconds above 0.
 */
export function session(options: { readonly gap: Duration }): Session {
  return { kind: "session", gapMs: wholeMs("a session's gap", options.gap) };
}

/** Windows as text, for `explain()` and the state's version: `"tumbling 1m, 1h"`. */
export function windowsText(windows: Windows): string {
  if (windows.kind === "session") return `session, gap ${durationText(windows.gapMs)}`;
  const offset = windows.offsetMs === 0 ? "" : `, offset ${durationText(windows.offsetMs)}`;
  if (windows.kind === "tumbling") return `tumbling ${windows.sizesMs.map(durationText).join(", ")}${offset}`;
  return `hopping ${durationText(windows.sizeMs)} every ${durationText(windows.everyMs)}${offset}`;
}

/** The start of the piece of length `sizeMs` in which `time` lies. All in milliseconds. */
export function startOf(time: number, sizeMs: number, offsetMs: number): number {
  return Math.floor((time - offsetMs) / sizeMs) * sizeMs + offsetMs;
}

/**
 * Sizes in groups that nest: the first of a group is its largest, and each other divides it, so that every smaller window
 * lies within exactly one window of the largest, and may share what that one stores. Sizes that fit no group open one.
 */
export function nestingGroups(sizesMs: readonly number[]): number[][] {
  const groups: number[][] = [];
  for (const size of sizesMs.toSorted((a, b) => b - a)) {
    const group = groups.find((sizes) => sizes[0]! % size === 0);
    if (group === undefined) groups.push([size]);
    else group.push(size);
  }
  return groups;
}

function offsetMs(options: WindowOptions | undefined): number {
  const ms = durationMs(options?.offset ?? 0);
  if (!Number.isInteger(ms)) throw badOption("a window's offset must be whole milliseconds");
  return ms;
}

function wholeMs(what: string, duration: Duration): number {
  const ms = durationMs(duration);
  if (Number.isInteger(ms) && ms >= 1) return ms;
  throw badOption(`${what} must be whole milliseconds above 0, not ${JSON.stringify(duration)}`);
}

function badOption(message: string): MillraceError {
  return new MillraceError("ML1002", { message });
}
