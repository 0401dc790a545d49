import type { JobStatus } from "../observe/status.ts";

/** A pipeline that runs, in this process or spread over many. */
export interface RunningPipeline {
  /** Resolves when all is done and safe; rejects with a `MillraceError` when the run failed. Who never asks for it has the failure logged. */
  readonly done: Promise<JobStatus>;
  /** Calls `then` when the run is over, well or not: for who has no use for its outcome. */
  onOver(then: () => void): void;
  /** Stops intake, lets what is under way finish, makes it safe, and closes. */
  stop(): void;
  /** What it tells of itself at this moment. */
  status(): JobStatus;
}
