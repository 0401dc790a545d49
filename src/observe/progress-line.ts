import { type JobFigures, jobFigures } from "./figures.ts";
import { formatBytes, formatCount, formatElapsed, formatRate, formatTime } from "./format-figures.ts";
import type { LogFields } from "./log.ts";
import type { JobStatus } from "./status.ts";

/** How fast a job goes just now. */
export interface ProgressRates {
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Bytes of the sources a second, as they lie in the files: what the time left is reckoned from. */
  readonly donePerSecond: number;
}

/**
 * A line of at most `width` characters, ASCII only:
 * `12.3M records | 1.23M/s | 345 MB/s | 2016-07-11T13:39:31Z | late 12 | dead 3 | [####----] 62 % ETA 12 s`.
 * In a narrow terminal the least telling parts go first; below the width of the last part nothing is left.
 */
export function progressLine(status: JobStatus, rates: ProgressRates, width: number): string {
  const figures = jobFigures(status);
  const done = doneShare(figures);
  const percent = done === undefined ? "" : `${Math.floor(done * 100)} %`;
  const left = timeLeft(figures, rates);
  const bar = done === undefined ? "" : `[${"#".repeat(Math.floor(done * 20)).padEnd(20, "-")}] `;
  // In the order in which they are shown, each with its weight: the lowest goes first.
  const parts: [weight: number, text: string][] = [
    [8, status.state === "running" ? "" : status.state],
    [9, `${formatCount(figures.records)} records`],
    [7, formatRate(rates.recordsPerSecond)],
    [4, `${formatBytes(rates.bytesPerSecond)}/s`],
    [5, figures.watermark === undefined ? "" : formatTime(figures.watermark)],
    [2, `late ${formatCount(figures.late)}`],
    [3, `dead ${formatCount(figures.dead)}`],
    [6, percent === "" ? "" : `${percent}${left === undefined ? "" : ` ETA ${formatElapsed(left)}`}`],
  ];
  const shown = parts.filter(([, text]) => text !== "");
  while (shown.length > 0 && joined(shown).length > width) dropLightest(shown);
  const text = joined(shown);
  const withBar = percent === "" ? text : text.replace(percent, bar + percent);
  return withBar.length <= width ? withBar : text;
}

function joined(parts: readonly [number, string][]): string {
  return parts.map(([, text]) => text).join(" | ");
}

function dropLightest(parts: [number, string][]): void {
  const lightest = parts.reduce((low, part, index) => (part[0] < parts[low]![0] ? index : low), 0);
  parts.splice(lightest, 1);
}

/** The same as fields of a log line, in plain units. What is not known is left out. */
export function progressFields(status: JobStatus, rates: ProgressRates): LogFields {
  const figures = jobFigures(status);
  const done = doneShare(figures);
  const left = timeLeft(figures, rates);
  return {
    state: status.state,
    records: figures.records,
    recordsPerSecond: Math.round(rates.recordsPerSecond),
    megabytesPerSecond: Number((rates.bytesPerSecond / 1e6).toFixed(1)),
    ...(figures.watermark === undefined ? {} : { watermark: formatTime(figures.watermark) }),
    late: figures.late,
    dead: figures.dead,
    ...(done === undefined ? {} : { donePercent: Math.floor(done * 100) }),
    ...(left === undefined ? {} : { secondsLeft: Math.ceil(left / 1000) }),
  };
}

/** From 0 to 1; a file that grew, or shrank, while it was read counts as no more than done. */
function doneShare({ doneBytes, totalBytes }: JobFigures): number | undefined {
  if (totalBytes === undefined) return undefined;
  return totalBytes === 0 ? 1 : Math.min(1, Math.max(0, doneBytes / totalBytes));
}

function timeLeft({ doneBytes, totalBytes }: JobFigures, rates: ProgressRates): number | undefined {
  if (totalBytes === undefined || rates.donePerSecond <= 0) return undefined;
  return (Math.max(0, totalBytes - doneBytes) / rates.donePerSecond) * 1000;
}
