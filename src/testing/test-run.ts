import type { Disk } from "../core/disk.ts";
import { nodeDisk } from "../core/node-disk.ts";
import type { CheckpointStore } from "../core/state.ts";
import type { JobStatus } from "../observe/status.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import type { Pipeline } from "../stream/pipeline.ts";
import { runPlan } from "../stream/run.ts";
import { type DriveOptions, driveToEnd } from "./drive.ts";
import { fencedCheckpoints, fencedClock, fencedDisk } from "./fence.ts";
import { fencedPlan } from "./fence-plan.ts";
import { ManualClock } from "./manual-clock.ts";
import { memoryCheckpoints } from "./memory-checkpoints.ts";
import { Lifetime } from "./passage.ts";
import { SimDisk, type Survival } from "./sim-disk.ts";

/**
 * A pipeline held in the hand: started, moved on in time, killed, and started again from its checkpoints, which are in
 * memory unless the options say otherwise.
 *
 * ```ts
 * const run = new TestRun(pipeline).start();
 * await run.advance(2_500);
 * run.kill();
 * await run.start().finish();
 * ```
 */
export class TestRun {
  readonly clock: ManualClock;
  readonly #pipeline: Pipeline;
  readonly #options: DriveOptions;
  readonly #checkpoints: CheckpointStore | undefined;
  #disk: Disk;
  #life = new Lifetime();
  #job: RunningPipeline | undefined;

  constructor(pipeline: Pipeline, options: DriveOptions = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.#pipeline = pipeline;
    this.#options = options;
    this.#checkpoints = options.checkpoints ?? (options.state === undefined ? memoryCheckpoints() : undefined);
    this.#disk = options.disk ?? nodeDisk;
  }

  /** The disk as the run that goes on sees it: another object after each crash of a {@link SimDisk}. */
  get disk(): Disk {
    return this.#disk;
  }

  /** The job started last. Throws before the first `start`. */
  get job(): RunningPipeline {
    if (this.#job === undefined) throw new Error("the run has not been started");
    return this.#job;
  }

  /** Starts the pipeline, from its newest checkpoint if there is one. The one before must have ended or been killed. */
  start(): this {
    const life = new Lifetime();
    this.#life = life;
    const { limitMs: _, ...options } = this.#options;
    const store = this.#checkpoints;
    this.#job = runPlan(fencedPlan(this.#pipeline.plan, life), {
      ...options,
      signals: false,
      clock: fencedClock(this.clock, life),
      disk: fencedDisk(this.#disk, life),
      checkpoints: store === undefined ? undefined : fencedCheckpoints(store, life),
    });
    this.#job.done.catch(() => {});
    return this;
  }

  /** Moves time on by `ms`. What the pipeline fails with is told by `finish` and `job.done`. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** Moves time on until the pipeline has ended: see `drive`. */
  finish(): Promise<JobStatus> {
    return driveToEnd(this.job, this.clock, this.#options.limitMs);
  }

  /** Stops the pipeline as SIGTERM does, and moves time on until it has ended. */
  stop(): Promise<JobStatus> {
    this.job.stop();
    return this.finish();
  }

  /**
   * Ends the pipeline at once, as `kill -9` does: nothing it does from now on has an effect, and `job.done` never settles.
   * A {@link SimDisk} crashes with it and keeps what `survival` says; everything unless told, as when only the process dies.
   */
  kill(survival: Survival = "everything"): void {
    this.#life.kill();
    if (!(this.#disk instanceof SimDisk)) return;
    this.#disk.crash(survival);
    this.#disk = this.#disk.restart();
  }
}
