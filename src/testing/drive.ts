import type { JobStatus } from "../observe/status.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import type { Pipeline } from "../stream/pipeline.ts";
import type { RunOptions } from "../stream/run.ts";
import { ManualClock, settled } from "./manual-clock.ts";

/** How a pipeline is driven. The clock is a manual one that starts at the epoch, unless told. */
export interface DriveOptions extends Omit<RunOptions, "clock" | "signals"> {
  readonly clock?: ManualClock | undefined;
  /** Gives up after so much virtual time, in milliseconds; a day unless told. */
  readonly limitMs?: number | undefined;
}

const dayMs = 86_400_000;

/** So often is looked whether a pipeline that waits for no timer has gone on: some seconds, for I/O that is real after all. */
const looksMax = 2_000_000;

/**
 * Runs a pipeline to its end on virtual time: whenever nothing can go on, time moves to the next timer. Resolves to the
 * pipeline's last status; rejects with what it failed with, or when it has not ended at the limit, or waits for something that
 * no timer will bring. For pipelines that do no real I/O: time does not wait for it.
 */
export function drive(pipeline: Pipeline, options: DriveOptions = {}): Promise<JobStatus> {
  const { limitMs = dayMs, clock = new ManualClock(), ...rest } = options;
  return driveToEnd(pipeline.run({ ...rest, clock, signals: false }), clock, limitMs);
}

/** Moves time on until a job has ended: see {@link drive}. */
export async function driveToEnd(job: RunningPipeline, clock: ManualClock, limitMs = dayMs): Promise<JobStatus> {
  let ended = false;
  const note = () => {
    ended = true;
  };
  job.done.then(note, note);
  const endMs = clock.monotonic() + limitMs;
  let looks = 0;
  for (await settled(); !ended; ) {
    const { nextAtMs } = clock;
    if (nextAtMs !== undefined && clock.monotonic() + nextAtMs - clock.now() > endMs) {
      throw new Error(`the pipeline has not ended after ${limitMs} ms of virtual time`);
    }
    if (await clock.next()) looks = 0;
    else if (++looks === looksMax) throw new Error("the pipeline waits for something that no timer will bring");
    else await settled();
  }
  return job.done;
}
