import { formatBytes, formatDigits, type JobStatus } from "millrace";

/** What a run came to. Bytes are bytes, times milliseconds. `frames` = counted + `late` + `bad` + `held`, with one window size. */
export interface Summary {
  readonly frames: number;
  /** Frames that could not be read, and how many for each reason. */
  readonly bad: number;
  readonly badByReason: Readonly<Record<string, number>>;
  /** Frames that at least one of their windows was too late for. */
  readonly late: number;
  /**
   * In a group: parts of windows, each with what one partition had counted, that came to the merging task after the window had
   * fired. Their frames are in `frames`, and in no other number here.
   */
  readonly lateParts: number;
  /** Frames held aside as too far ahead and never supported by the others. */
  readonly held: number;
  /** Lines written, corrections included. */
  readonly windows: number;
  readonly updates: number;
  readonly durationMs: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly peakRssBytes: number;
}

const deadPrefix = "dead:";
const tooFarAhead = "too far ahead";

/** The summary of a finished run of the unique-users pipeline. */
export function summaryOf(status: JobStatus): Summary {
  const frames = sum(status.sources.map((source) => source.records));
  const bytes = sum(status.sources.map((source) => source.bytes));
  const badByReason: Record<string, number> = {};
  let held = 0;
  for (const step of status.steps) {
    for (const [name, count] of Object.entries(step.counters)) {
      if (!name.startsWith(deadPrefix)) continue;
      const reason = name.slice(deadPrefix.length);
      if (reason === tooFarAhead) held += count;
      else badByReason[reason] = (badByReason[reason] ?? 0) + count;
    }
  }
  const seconds = Math.max(status.elapsedMs, 1) / 1000;
  return {
    frames,
    bad: sum(Object.values(badByReason)),
    badByReason,
    late: counter(status, "users", "late"),
    lateParts: counter(status, "users", "lateParts"),
    held,
    windows: status.steps.find((step) => step.id === "counts")?.in ?? 0,
    updates: counter(status, "users", "updates"),
    durationMs: Math.round(status.elapsedMs),
    framesPerSecond: Math.round(frames / seconds),
    bytesPerSecond: Math.round(bytes / seconds),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function counter(status: JobStatus, id: string, name: string): number {
  return status.steps.find((step) => step.id === id)?.counters[name] ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The summary for people, on a few lines. */
export function summaryText(summary: Summary): string {
  const reasons = Object.entries(summary.badByReason).map(([reason, count]) => `${reason} ${formatDigits(count)}`);
  const parts =
    summary.lateParts === 0
      ? ""
      : `, and ${formatDigits(summary.lateParts)} parts of windows of partitions left out as silent`;
  const updates = summary.updates === 0 ? "" : `, of them ${formatDigits(summary.updates)} corrections`;
  return [
    `frames    ${formatDigits(summary.frames)}`,
    `bad       ${formatDigits(summary.bad)}${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}`,
    `late      ${formatDigits(summary.late)}${parts}`,
    `held      ${formatDigits(summary.held)} too far ahead of the rest`,
    `windows   ${formatDigits(summary.windows)}${updates}`,
    `duration  ${(summary.durationMs / 1000).toFixed(2)} s, ${formatDigits(summary.framesPerSecond)} frames/s, ${formatBytes(summary.bytesPerSecond)}/s`,
    `peak RSS  ${formatBytes(summary.peakRssBytes)}`,
    "",
  ].join("\n");
}
