import type { JobStatus } from "./status.ts";

/** The whole job in a few figures: what progress lines show. */
export interface JobFigures {
  readonly records: number;
  /** Bytes of input, decompressed. */
  readonly bytes: number;
  readonly late: number;
  readonly dead: number;
  /** The lowest event time of any step that has one, in ms since the epoch. */
  readonly watermark: number | undefined;
  /** How far the sources have come, in bytes as they lie in the files. */
  readonly doneBytes: number;
  /** Undefined when a source has no end, or none that is known. */
  readonly totalBytes: number | undefined;
}

/** Sums a status up. */
export function jobFigures(status: JobStatus): JobFigures {
  const times = status.steps
    .map((step) => step.watermark)
    .filter((time) => time !== undefined && Number.isFinite(time));
  const bounded = status.sources.length > 0 && status.sources.every((source) => source.totalBytes !== undefined);
  return {
    records: sum(status.sources, (source) => source.records),
    bytes: sum(status.sources, (source) => source.bytes),
    late: counterSum(status, "late"),
    dead: counterSum(status, "dead"),
    watermark: times.length === 0 ? undefined : Math.min(...(times as number[])),
    doneBytes: sum(status.sources, (source) => source.doneBytes ?? 0),
    totalBytes: bounded ? sum(status.sources, (source) => source.totalBytes ?? 0) : undefined,
  };
}

/** What a counter stands at over all steps and labels. */
export function counterSum(status: JobStatus, name: string): number {
  const labelled = `${name}:`;
  return sum(status.steps, (step) =>
    sum(Object.entries(step.counters), ([key, value]) => (key === name || key.startsWith(labelled) ? value : 0)),
  );
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
