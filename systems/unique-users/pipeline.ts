import {
  type Aggregated,
  type DeadLetter,
  distinct,
  distinctApprox,
  type Pipeline,
  type Sink,
  type Slice,
  type Source,
  stream,
  tumbling,
} from "millrace";
import type { FrameFormat } from "./frame.ts";

/** The rules by which users are counted. Times are in milliseconds. */
export interface CountingRules {
  /** Sizes of the windows; each user counts once in each window of each size. */
  readonly windowsMs: readonly number[];
  /** How far a window's firing stays behind the highest time. */
  readonly lagMs: number;
  /** A frame further ahead than this waits until the stream itself has moved on. */
  readonly maxFutureMs: number;
  /** After so long a silence of live input open windows are flushed. */
  readonly idleMs: number;
  /** What becomes of a frame whose window has fired. */
  readonly late: "drop" | "update";
  /** For how long after its end a window can still be corrected. */
  readonly allowedLatenessMs: number;
  /** The standard error that may be made, as a share; undefined counts exactly. */
  readonly approximate: number | undefined;
}

/** Users of a window. */
export type Count = Aggregated<undefined, { readonly cnt: number }>;

/** Where a pipeline's frames come from and its results go. */
export interface Ends {
  readonly frames: Source<Slice>;
  readonly format: FrameFormat;
  readonly counts: Sink<Count>;
  /** Late frames, as they came. */
  readonly late?: Sink<unknown> | undefined;
  readonly deadLetters?: Sink<DeadLetter> | undefined;
}

/** Counts the distinct users of each window. */
export function uniqueUsers(rules: CountingRules, ends: Ends): Pipeline {
  const { decoder, timeOf, userOf } = ends.format;
  const counts = stream("frames", ends.frames)
    .decode("frame", decoder)
    .eventTime("clock", timeOf, { lag: rules.lagMs, maxFuture: rules.maxFutureMs, idle: rules.idleMs })
    .window("users", tumbling(...(rules.windowsMs as [number, ...number[]])), {
      late: rules.late,
      allowedLateness: rules.allowedLatenessMs,
    })
    .aggregate({
      cnt: rules.approximate === undefined ? distinct(userOf) : distinctApprox(userOf, { error: rules.approximate }),
    });
  let pipeline = counts.to("counts", ends.counts);
  if (ends.late !== undefined) pipeline = pipeline.and(counts.side("late").to("late", ends.late));
  if (ends.deadLetters !== undefined) pipeline = pipeline.deadLetters("dead-letters", ends.deadLetters);
  return pipeline;
}
