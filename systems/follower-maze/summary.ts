import { formatDigits, type JobStatus } from "millrace";

/** What a run came to. `lines` = events in order + `bad` + `duplicate` + `late` + `tooFar`, but for those that still wait. */
export interface Summary {
  readonly lines: number;
  /** Events handed on in order. */
  readonly events: number;
  /** Lines that are no event, and how many for each reason. */
  readonly bad: number;
  readonly badByReason: Readonly<Record<string, number>>;
  /** Sequence numbers that did not come in time. */
  readonly skipped: number;
  /** Events whose number had been skipped. */
  readonly late: number;
  readonly duplicate: number;
  /** Events too far ahead of the rest to be believed. */
  readonly tooFar: number;
  readonly durationMs: number;
  readonly peakRssBytes: number;
}

const deadPrefix = "dead:";

/** The summary of a finished run of the follower-maze pipeline. */
export function summaryOf(status: JobStatus): Summary {
  const badByReason: Record<string, number> = {};
  for (const [name, count] of status.steps.flatMap((step) => Object.entries(step.counters))) {
    if (!name.startsWith(deadPrefix)) continue;
    const reason = name.slice(deadPrefix.length);
    badByReason[reason] = (badByReason[reason] ?? 0) + count;
  }
  const order = status.steps.find((step) => step.id === "order");
  const counter = (name: string) => order?.counters[name] ?? 0;
  return {
    lines: sum(status.sources.map((source) => source.records)),
    events: order?.out ?? 0,
    bad: sum(Object.values(badByReason)),
    badByReason,
    skipped: counter("skipped:timeout") + counter("skipped:full") + counter("skipped:end"),
    late: counter("late"),
    duplicate: counter("duplicate"),
    tooFar: counter("tooFar"),
    durationMs: Math.round(status.elapsedMs),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The summary for people, on a few lines. */
export function summaryText(summary: Summary): string {
  const reasons = Object.entries(summary.badByReason).map(([reason, count]) => `${reason} ${formatDigits(count)}`);
  return [
    `lines      ${formatDigits(summary.lines)}`,
    `events     ${formatDigits(summary.events)} in order`,
    `bad        ${formatDigits(summary.bad)}${reasons.length === 0 ? "" : ` (${reasons.join(", ")})`}`,
    `skipped    ${formatDigits(summary.skipped)} that did not come in time`,
    `late       ${formatDigits(summary.late)}`,
    `duplicate  ${formatDigits(summary.duplicate)}`,
    `too far    ${formatDigits(summary.tooFar)}`,
    `duration   ${(summary.durationMs / 1000).toFixed(2)} s`,
    `peak RSS   ${Math.round(summary.peakRssBytes / 1e6)} MB`,
    "",
  ].join("\n");
}
