import type { SoakFigures } from "./samples.ts";

/** What a soak must keep to. */
export const soakBounds = {
  rssMaxBytes: 256 * 1024 * 1024,
  /** How many more files than at its least a process may have open: segments come and go. */
  filesSpreadMax: 8,
  /** Judged over seconds in which the process did not have to wait for a processor, when there were `lagSecondsMin`. */
  lagP99Ms: 50,
  lagSecondsMin: 20,
  /** In bytes an hour, the upper end of the 95 % interval; judged when processes were watched for `slopeWatchedMs`. */
  rssSlopeMax: 1024 * 1024,
  slopeWatchedMs: 3_600_000,
} as const;

/** What the figures break, in words; nothing when all is well. */
export function verdictOf(figures: SoakFigures): string[] {
  const { rssMaxBytes, rssSlope, watchedMs, filesMin, filesMax, ownLagP99Ms, ownSeconds, count } = figures;
  const broken: string[] = [];
  if (count === 0) broken.push("no samples were taken");
  if (!(rssMaxBytes <= soakBounds.rssMaxBytes)) broken.push(`RSS reached ${rssMaxBytes} bytes`);
  if (filesMax - filesMin > soakBounds.filesSpreadMax) broken.push(`open files went from ${filesMin} to ${filesMax}`);
  if (ownSeconds >= soakBounds.lagSecondsMin && !(ownLagP99Ms < soakBounds.lagP99Ms)) {
    broken.push(`the event loop's p99 lag was ${ownLagP99Ms.toFixed(1)} ms`);
  }
  const judged = watchedMs >= soakBounds.slopeWatchedMs && rssSlope !== undefined;
  if (judged && rssSlope.upper > soakBounds.rssSlopeMax)
    broken.push(`RSS grows by up to ${rssSlope.upper.toFixed(0)} bytes/h`);
  return broken;
}
