import type { JobStatus, SourceStatus, StepStatus } from "./status.ts";

/** A source's status for tests: what matters is given, the rest is quiet. */
export function sourceStatus(given: Partial<SourceStatus> = {}): SourceStatus {
  return {
    id: "frames",
    name: "file frames.jsonl",
    records: 0,
    bytes: 0,
    doneBytes: undefined,
    totalBytes: undefined,
    activity: "reading",
    silentMs: 0,
    own: {},
    ...given,
  };
}

/** A step's status for tests. */
export function stepStatus(given: Partial<StepStatus> = {}): StepStatus {
  return {
    id: "users",
    kind: "window",
    in: 0,
    out: 0,
    watermark: undefined,
    counters: {},
    own: {},
    waitsFor: undefined,
    ...given,
  };
}

/** A job's status for tests. */
export function jobStatus(given: Partial<JobStatus> = {}): JobStatus {
  return {
    state: "running",
    elapsedMs: 12_000,
    error: undefined,
    sources: [],
    steps: [],
    checkpoints: undefined,
    ...given,
  };
}

/** An output that keeps what was written. */
export function keptOutput(terminal: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = [];
  return {
    ...terminal,
    writableNeedDrain: false,
    written,
    write(text: string) {
      written.push(text);
    },
    take(): string {
      return written.splice(0).join("");
    },
  };
}
