import { MillraceError } from "millrace";

/** For which windows to tell the exact counts, by the rules of `unique-users` with late frames dropped. */
export interface TruthOptions {
  /** Sizes of the tumbling windows, in milliseconds. */
  readonly windowsMs: readonly number[];
  /** How far the watermark stays behind the highest time accepted, in milliseconds. */
  readonly lagMs: number;
  /** How far ahead of the highest time accepted a frame may be, in milliseconds; below one hour. */
  readonly maxFutureMs: number;
}

/** What frames to make. Shares are parts of one: `0.03` is 3 %. */
export interface FrameOptions {
  /** How many frames, bad ones included. */
  readonly count?: number | undefined;
  /** Frames in a second of event time. */
  readonly ratePerSecond?: number | undefined;
  /** How many users there are to draw from. */
  readonly users?: number | undefined;
  /** The average length of a line, newline included; over-long and other bad lines do not count towards it. */
  readonly bytes?: number | undefined;
  /** The longest delay of a delayed frame, in milliseconds. */
  readonly delayMs?: number | undefined;
  /** Share of frames that come with a time up to `delayMs` past. */
  readonly lateShare?: number | undefined;
  /** Share of frames with a hostile time more than an hour ahead; at most a quarter. */
  readonly futureShare?: number | undefined;
  /** Share of malformed frames. */
  readonly badShare?: number | undefined;
  /** The same seed and options give the same bytes. */
  readonly seed?: number | undefined;
  /** Event time of the first frame, in Unix seconds. */
  readonly startSeconds?: number | undefined;
  /** About how much is written at once. Has no influence on the bytes. */
  readonly chunkBytes?: number | undefined;
  /** Also tell the exact counts. Costs a set of user numbers for each open window. */
  readonly truth?: TruthOptions | undefined;
}

/** {@link FrameOptions} with nothing left open but the truth. */
export type FrameSettings = { readonly [Name in Exclude<keyof FrameOptions, "truth">]-?: number } & {
  readonly truth: TruthOptions | undefined;
};

/** What holds when an option is not given. */
export const frameDefaults = {
  count: 1_000_000,
  ratePerSecond: 1_000,
  users: 100_000,
  bytes: 2_048,
  delayMs: 20_000,
  lateShare: 0.03,
  futureShare: 0.0001,
  badShare: 0.0001,
  seed: 1,
  startSeconds: 1_750_000_000,
  chunkBytes: 1024 * 1024,
} as const;

/** Hostile times are further ahead than this, in seconds. */
export const hostileAheadSeconds = 3_600;

/** A line longer than this is malformed whatever it holds; ordinary frames stay below half of it. */
export const lineBytesMax = 1024 * 1024;

const ranges: { readonly [Name in keyof typeof frameDefaults]: readonly [min: number, max: number, whole: boolean] } = {
  count: [0, Number.MAX_SAFE_INTEGER, true],
  ratePerSecond: [1e-6, 1e9, false],
  users: [1, 2 ** 32, true],
  bytes: [64, lineBytesMax / 4, true],
  delayMs: [0, 1e12, false],
  lateShare: [0, 1, false],
  futureShare: [0, 0.25, false],
  badShare: [0, 1, false],
  seed: [-(2 ** 31), 2 ** 32 - 1, true],
  startSeconds: [hostileAheadSeconds, 2 ** 33, true],
  chunkBytes: [1, 2 ** 28, true],
};

/** The options with the defaults filled in. Throws `ML1002` for a value that cannot be used, naming it and its range. */
export function frameSettings(options: FrameOptions): FrameSettings {
  const settings: Record<string, number> = { ...frameDefaults };
  for (const [name, [min, max, whole]] of Object.entries(ranges)) {
    const given = options[name as keyof typeof ranges] ?? settings[name]!;
    if (!(given >= min && given <= max) || (whole && !Number.isInteger(given))) {
      throw unusable(`${name} is ${given}, not a ${whole ? "whole " : ""}number from ${min} to ${max}`);
    }
    settings[name] = given;
  }
  const { lateShare, futureShare, badShare, delayMs, startSeconds } = settings as unknown as FrameSettings;
  if (lateShare + futureShare + badShare > 1) throw unusable("the shares of late, future and bad frames exceed 1");
  if (delayMs > startSeconds * 1_000) throw unusable("delayMs reaches back beyond the epoch");
  return { ...(settings as unknown as FrameSettings), truth: checkedTruth(options.truth) };
}

function checkedTruth(truth: TruthOptions | undefined): TruthOptions | undefined {
  if (truth === undefined) return undefined;
  const sizesFit = truth.windowsMs.length > 0 && truth.windowsMs.every((size) => Number.isInteger(size) && size > 0);
  if (!sizesFit) throw unusable("truth.windowsMs needs at least one size, each a whole number of milliseconds above 0");
  if (new Set(truth.windowsMs).size < truth.windowsMs.length) throw unusable("truth.windowsMs names a size twice");
  if (!(truth.lagMs >= 0)) throw unusable(`truth.lagMs is ${truth.lagMs}, not a number from 0`);
  if (!(truth.maxFutureMs >= 0 && truth.maxFutureMs < hostileAheadSeconds * 1_000)) {
    throw unusable(
      `truth.maxFutureMs is ${truth.maxFutureMs}, but hostile frames are told from good ones below 1h only`,
    );
  }
  return truth;
}

function unusable(message: string): MillraceError {
  return new MillraceError("ML1002", { message });
}
