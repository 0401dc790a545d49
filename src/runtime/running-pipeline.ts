import type { JobStatus } from "../observe/status.ts";

/** A pipeline that runs, in this process or spread over many. */
export interface RunningPipeline {
  /** Resolves when all is done and safe; rejects with a `MillraceError` when the run failed. */
  readonly done: Promise<JobStatus>;
  /** Stops intake, lets what is under way finish, makes it safe, and closes. */
  stop(): void;
  /** What it tells of itself at this moment. */
  status(): JobStatus;
}
