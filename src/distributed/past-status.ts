import { mergedStatus } from "../observe/merged-status.ts";
import type { JobStatus } from "../observe/status.ts";

/**
 * What is left to tell of work that is over, added to what was left before: its counts. Where event time stood, what it waited
 * for and what it held are of no concern to anybody any more.
 */
export function pastStatus(before: JobStatus | undefined, over: JobStatus): JobStatus {
  const counts: JobStatus = {
    ...over,
    state: "finished",
    error: undefined,
    sources: over.sources.map((source) => ({ ...source, activity: "ended", partitions: [], silentMs: 0, own: {} })),
    steps: over.steps.map((step) => ({ ...step, watermark: undefined, own: {}, waitsFor: undefined })),
  };
  return before === undefined ? counts : mergedStatus([before, counts]);
}
