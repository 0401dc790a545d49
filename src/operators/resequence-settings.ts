import { type Duration, durationMs, durationText } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";
import type { OnError } from "../core/operator.ts";
import type { ValueCodec } from "../state/value-codec.ts";
import { heldValueCodec } from "./held-value.ts";

/** How records are put back in order. */
export interface ResequenceOptions<T> {
  /** A record's number: whole, safe (below 2^53), each used once. Anything else makes the record a dead letter. */
  readonly by: (value: T) => number;
  /** The number that comes first; 1 unless told. What is below it is a dead letter. */
  readonly first?: number | undefined;
  /**
   * For how long a missing number is waited for, from when a higher one came; then it is skipped. Time in which the sources were
   * held back does not count. `"never"` waits until `capacity` forces it on. 1 s unless told.
   */
  readonly gapTimeout?: Duration | "never" | undefined;
  /**
   * The most records that wait, and how far ahead of the missing number a record may be; 100,000 unless told. When there are so many,
   * reading on would not bring what is missing without going beyond it: it counts as lost.
   */
  readonly capacity?: number | undefined;
  /** The most bytes of records that wait, as `sizeOf` tells; at that what is missing counts as lost. No bound unless told. */
  readonly capacityBytes?: number | undefined;
  /** The bytes that a value takes, about. For `capacityBytes`, and needed with it. */
  readonly sizeOf?: ((value: T) => number) | undefined;
  /**
   * A value's bytes in the state, and in memory when thousands wait. For values that have bytes of their own, several times faster than
   * a structured clone, the default.
   */
  readonly codec?: ValueCodec<T> | undefined;
  readonly onError?: OnError | undefined;
}

/** {@link ResequenceOptions} with their defaults put in; lengths of time in milliseconds. */
export interface ResequenceSettings<T> {
  readonly by: (value: T) => number;
  readonly first: number;
  /** Infinite: never. */
  readonly gapMs: number;
  readonly capacity: number;
  readonly capacityBytes: number;
  readonly sizeOf: (value: T) => number;
  readonly codec: ValueCodec<T>;
}

/** Throws `ML1002` or `ML1003` at what cannot be. */
export function settingsOf<T>(options: ResequenceOptions<T>): ResequenceSettings<T> {
  const { by, first = 1, gapTimeout = "1s", capacity = 100_000, capacityBytes, sizeOf, codec } = options;
  whole("first", first, 0, Number.MAX_SAFE_INTEGER);
  whole("capacity", capacity, 1, 2 ** 24);
  if (capacityBytes !== undefined) whole("capacityBytes", capacityBytes, 1, Number.MAX_SAFE_INTEGER);
  if (capacityBytes !== undefined && sizeOf === undefined) throw unusable('"capacityBytes" needs "sizeOf"');
  return {
    by,
    first,
    gapMs: gapTimeout === "never" ? Number.POSITIVE_INFINITY : durationMs(gapTimeout),
    capacity,
    capacityBytes: capacityBytes ?? Number.POSITIVE_INFINITY,
    sizeOf: sizeOf ?? (() => 0),
    codec: codec ?? (heldValueCodec as ValueCodec<T>),
  };
}

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw unusable(`"${name}" must be a whole number from ${least} to ${most}`);
}

function unusable(message: string): MillraceError {
  return new MillraceError("ML1002", { message: `resequence: ${message}` });
}

/** For `explain()`. */
export function detailsOf<T>({ gapMs, capacity }: ResequenceSettings<T>): string {
  const gap = gapMs === Number.POSITIVE_INFINITY ? "never skips for time" : `gap ${durationText(gapMs)}`;
  return `${gap}, capacity ${capacity}`;
}
