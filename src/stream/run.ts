import { systemClock } from "../core/clock.ts";
import { type Duration, durationMs } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";
import { nodeDisk } from "../core/node-disk.ts";
import { silentLogger } from "../observe/log.ts";
import type { Plan } from "../plan/plan.ts";
import { Job, type JobOptions } from "../runtime/job.ts";
import type { Platform } from "../runtime/platform.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import { stopOnSignals } from "../runtime/signals.ts";
import { folderCheckpoints } from "../state/index.ts";
import { tellUnheeded } from "./unheeded.ts";

/** How a pipeline is run. Everything has a default that is safe. */
export interface RunOptions
  extends Omit<JobOptions, "checkpointIntervalMs" | "drainMs" | "stopAfterSilentMs" | "onUnheeded"> {
  /** The folder that keeps state and positions, made if missing: with it, a run goes on where the one before ended or died. */
  readonly state?: string | undefined;
  /** Runs it as a member of a group of processes instead of on its own: `kafkaGroup(...)` of `millrace/kafka`, which then keeps the state. */
  readonly on?: Platform | undefined;
  /** Time between checkpoints; `"1s"` unless told. */
  readonly checkpointInterval?: Duration | undefined;
  /** How long a stopping pipeline may drain; `"30s"` unless told. */
  readonly drain?: Duration | undefined;
  /** Ends the run, as if the input had ended, once every source has been silent for so long. */
  readonly stopAfterSilence?: Duration | undefined;
  /** Whether SIGINT and SIGTERM stop the pipeline cleanly, a second one at once; true unless told. */
  readonly signals?: boolean | undefined;
}

/** Runs a plan: see `Pipeline.run`. */
export function runPlan(plan: Plan, options: RunOptions): RunningPipeline {
  const { state, on, checkpointInterval, drain, stopAfterSilence, signals, ...rest } = options;
  if (on !== undefined && state !== undefined) {
    throw new MillraceError("ML1002", {
      message: `state: ${on.name} keeps the state itself; leave one of the two out`,
    });
  }
  const clock = rest.clock ?? systemClock;
  const logger = rest.logger ?? silentLogger;
  const checkpoints =
    state === undefined
      ? rest.checkpoints
      : folderCheckpoints(state, { disk: rest.disk ?? nodeDisk, clock, warn: (message) => logger.warn(message) });
  const jobOptions: JobOptions = {
    ...rest,
    checkpoints,
    checkpointIntervalMs: optionalMs(checkpointInterval),
    drainMs: optionalMs(drain),
    stopAfterSilentMs: optionalMs(stopAfterSilence),
    onUnheeded: (error) => tellUnheeded(error, rest.logger),
  };
  const running = on === undefined ? new Job(plan, jobOptions) : on.run(plan, jobOptions);
  if (signals ?? true) stopOnSignals(running);
  return running;
}

function optionalMs(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : durationMs(duration);
}
