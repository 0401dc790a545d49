import type { LogFields } from "../observe/log.ts";
import type { JobStatus } from "../observe/status.ts";

/** What a worker thread is started with: it runs one member of the pipeline, and leaves signals, progress and the summary to its parent. */
export interface WorkerStart {
  readonly millraceWorker: number;
}

/** What a worker thread tells its parent. */
export type FromWorker =
  | { readonly type: "status"; readonly status: JobStatus }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
      readonly fields: LogFields | undefined;
    }
  | { readonly type: "done"; readonly status: JobStatus }
  | { readonly type: "failed"; readonly status: JobStatus; readonly message: string };

/** What a parent tells its worker threads. */
export type ToWorker = "stop";
