import { formatBytes, type JobStatus } from "millrace";

/** What a load came to. */
export interface LoadSummary {
  /** Lines read. All but the `refused` are in the topic when the exit code is 0. */
  readonly records: number;
  /** Of the lines, line breaks included. */
  readonly bytes: number;
  /** Lines too long to be read. */
  readonly refused: number;
  readonly durationMs: number;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly peakRssBytes: number;
}

/** The summary of a finished load. */
export function summaryOf(status: JobStatus): LoadSummary {
  const [source] = status.sources;
  const { records = 0, bytes = 0 } = source ?? {};
  const counters = status.steps.flatMap((step) => Object.entries(step.counters));
  const refused = counters.reduce((sum, [name, count]) => (name.startsWith("dead:") ? sum + count : sum), 0);
  const seconds = Math.max(status.elapsedMs, 1) / 1000;
  return {
    records,
    bytes,
    refused,
    durationMs: Math.round(status.elapsedMs),
    recordsPerSecond: Math.round(records / seconds),
    bytesPerSecond: Math.round(bytes / seconds),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** The summary for people, on a few lines. */
export function summaryText(summary: LoadSummary, to: string): string {
  const exact = (count: number) => count.toLocaleString("en-US");
  const { records, refused, recordsPerSecond, bytes, bytesPerSecond } = summary;
  const left = refused === 0 ? "" : `; ${exact(refused)} more were refused`;
  return [
    `loaded    ${exact(records - refused)} records, ${formatBytes(bytes)}, into ${to}${left}`,
    `duration  ${(summary.durationMs / 1000).toFixed(2)} s, ${exact(recordsPerSecond)} records/s, ${formatBytes(bytesPerSecond)}/s`,
    `peak RSS  ${formatBytes(summary.peakRssBytes)}`,
    "",
  ].join("\n");
}
