import { type Duration, durationMs, durationText } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";
import type { OnError, Operator, Spread } from "../core/operator.ts";
import { type Windows, windowsText } from "../time/windows.ts";
import type { Aggregate } from "./aggregates/aggregate.ts";
import { WindowHandOver } from "./window/hand-over.ts";
import { WindowMergeTask } from "./window/merge-task.ts";
import { layoutHash, windowHash } from "./window/part-format.ts";
import { WindowResults } from "./window/results.ts";
import type { WindowSettings } from "./window/settings.ts";
import { WindowTask } from "./window/task.ts";

/** Aggregates by the name under which each one's result comes out. */
export type Aggregates<In> = Readonly<Record<string, Aggregate<In, unknown>>>;

/** The results of {@link Aggregates}, by the same names. */
export type AggregateResults<A> = {
  readonly [N in keyof A]: A[N] extends Aggregate<never, infer Out> ? Out : never;
};

/** The window that a result is of. Times in milliseconds since the epoch, the size in milliseconds. */
export interface WindowInfo {
  readonly start: number;
  /** The first moment after the window. */
  readonly end: number;
  readonly size: number;
  /**
   * Whether an earlier result of this key and window went out, which this one replaces. A session may have grown or taken in
   * others since: it then replaces all earlier ones that lie within it.
   */
  readonly update: boolean;
}

/** A window's result: the key, the window, and each aggregate's result under its name. */
export type Aggregated<K, Results> = { readonly key: K; readonly window: WindowInfo } & Results;

/** What the side output `late` gets: a record that came too late for `window`, and for none that ends before. */
export interface LateRecord<In> {
  readonly value: In;
  readonly time: number;
  readonly window: { readonly start: number; readonly end: number; readonly size: number };
}

/** What becomes of late records, and of records at which a function throws. */
export interface LateOptions {
  /** `"drop"` (default): a window takes no record after event time has passed its end. `"update"`: it takes them for `allowedLateness`. */
  readonly late?: "drop" | "update" | undefined;
  /** With `late: "update"`: for how much event time after its end a window is kept and corrected. 1 hour if not given. */
  readonly allowedLateness?: Duration | undefined;
  readonly onError?: OnError | undefined;
}

/** How {@link windowAggregate} is set. */
export interface WindowAggregateOptions<In, A extends Aggregates<never>> extends LateOptions {
  readonly windows: Windows;
  /** Any of them together. Their functions' parameter is the input. */
  readonly aggregates: A & Aggregates<In>;
}

/**
 * Puts each record into the windows of its key that hold its event time, and emits the aggregates of a window when event time
 * passes its end; with an event time of the window's last millisecond and its key.
 *
 * - Order: by a window's end, then size, then by which key came into it first. Windows without records give nothing.
 * - A record is late for a window whose end event time has reached. Late by more than is allowed, it is refused by that window:
 *   a record refused by one of its windows or more counts once in the counter `late` and goes once to the side output
 *   `late`, as a {@link LateRecord}; its other windows take it.
 * - With `late: "update"`, what late records change comes out when event time moves on or the input ends, once a window, before
 *   the windows that end by it, marked `update`, and only if a result is another than the one before.
 * - When live input falls silent, and when the input ends, all that is open comes out, in the same order, and is kept: event
 *   time has not moved, so no record becomes late by silence. What comes after is added; a window's real end then gives
 *   an update, or nothing if no result changed. Counters: `windows` for first results, `updates` for further ones.
 * - A record at which a function of an aggregate throws, or gives what the aggregate cannot take, is in none of them; `onError` says what
 *   becomes of it.
 *
 * State: the open windows and, with `update`, those within the allowed lateness. Throws `ML1001` or `ML1002` when it is not set
 * rightly; a record without event time fails the step with `ML1001`.
 */
export function windowAggregate<In, K, A extends Aggregates<never>>(
  options: WindowAggregateOptions<In, A>,
): Operator<In, Aggregated<K, AggregateResults<A>>> {
  const { windows, aggregates, late = "drop", allowedLateness = "1h", onError } = options;
  const settings: WindowSettings = {
    windows,
    latenessMs: late === "update" ? durationMs(allowedLateness) : 0,
    names: checkedNames(aggregates),
    aggregates: Object.values(aggregates),
  };
  const stateVersion = versionOf(settings);
  return {
    kind: "window",
    stateVersion,
    details: detailsOf(settings),
    sides: ["late"],
    onError,
    spread: spreadOf(settings, stateVersion, onError),
    open: (context) => {
      const { names } = settings;
      return new WindowTask<In>(context, settings, ({ cells }) => new WindowResults(context, cells, names));
    },
  };
}

/** Over several partitions each task keeps its own windows and hands them over when they end; another task puts them together. */
function spreadOf(settings: WindowSettings, stateVersion: string, onError: OnError | undefined): Spread {
  const layout = layoutHash(stateVersion);
  const details = detailsOf(settings);
  const { windows } = settings;
  const gapMs = windows.kind === "session" ? windows.gapMs : undefined;
  const options = { layout, hashOf: hashing(windows), gapMs };
  return {
    kind: "merge",
    partial: {
      kind: "window, by parts",
      stateVersion: `${stateVersion}; by parts`,
      details,
      sides: ["late"],
      onError,
      open: (context) =>
        new WindowTask(context, settings, (windows, onMoved) => new WindowHandOver(context, windows, options, onMoved)),
    },
    merged: {
      kind: "window, merged",
      stateVersion: `${stateVersion}; merged`,
      details,
      open: (context) => new WindowMergeTask(context, settings, layout),
    },
  };
}

/** Which windows meet in a task: of sessions all, since any may turn out to be one. */
function hashing(windows: Windows): (start: number, end: number) => number {
  if (windows.kind === "session") return () => 0;
  const stepMs = (start: number, end: number) => (windows.kind === "hopping" ? windows.everyMs : end - start);
  return (start, end) => windowHash(start, end, stepMs(start, end));
}

function checkedNames(aggregates: object): readonly string[] {
  const names = Object.keys(aggregates);
  if (names.length === 0) throw new MillraceError("ML1001", { message: "a window needs at least one aggregate" });
  for (const name of ["key", "window", "__proto__"]) {
    if (!names.includes(name)) continue;
    throw new MillraceError("ML1001", { message: `no aggregate can be called "${name}", which a result has already` });
  }
  return names;
}

function versionOf({ windows, names, aggregates }: WindowSettings): string {
  const parts = aggregates.map(({ kind, version }, i) => `${JSON.stringify(names[i])}: ${kind} ${version}`);
  return `1; ${windowsText(windows)}; ${parts.join(", ")}`;
}

function detailsOf({ windows, latenessMs, names, aggregates }: WindowSettings): string {
  const late = latenessMs === 0 ? "late: drop" : `late: update within ${durationText(latenessMs)}`;
  return `${windowsText(windows)}; ${late}; ${aggregates.map(({ kind }, i) => `${names[i]}: ${kind}`).join(", ")}`;
}
