import type { Clock } from "../core/clock.ts";
import { reasonOf } from "../core/errors.ts";
import { type Random, seededRandom } from "../core/random.ts";
import type { CheckpointStore } from "../core/state.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import type { Pipeline } from "../stream/pipeline.ts";
import { runPlan } from "../stream/run.ts";
import { Bounds } from "./bounds.ts";
import { fencedCheckpoints, fencedClock, fencedDisk } from "./fence.ts";
import { fencedPlan } from "./fence-plan.ts";
import { Acknowledged } from "./forgetful.ts";
import { ManualClock, settled } from "./manual-clock.ts";
import { recut } from "./recut.ts";
import { SimDisk } from "./sim-disk.ts";
import type { StartFaults } from "./simulate-faults.ts";
import type { SimulateOptions } from "./simulate-options.ts";
import { memoryOutputs, type Outputs, outputsOf } from "./simulate-outputs.ts";
import { SimProcess } from "./simulate-process.ts";
import { Trace } from "./simulate-trace.ts";
import { simulatedCheckpoints, stateFolder } from "./simulated-checkpoints.ts";
import { RunWorld, type World } from "./world.ts";

/** How the starts of processes ended, and how many there were. */
export interface StartCounts {
  starts: number;
  crashes: number;
  failures: number;
  stops: number;
}

type Ending = "finished" | "stopped" | "killed" | "stuck" | Error;

/** Afterwards nothing goes wrong any more: a run that has not ended by then never will. */
const quietStarts = 3;
const checkpointIntervalMs = 20;

/** One run of a pipeline in a simulation, from its first start to the end of its input, through as many processes as that takes. */
export class SimulatedRun {
  readonly problems: string[] = [];
  readonly counts: StartCounts = { starts: 0, crashes: 0, failures: 0, stops: 0 };
  readonly trace: Trace;
  readonly clock = new ManualClock(Date.UTC(2016, 6, 11));
  /** Places passed by all processes. */
  operations = 0;
  readonly plan: Plan;
  /** By sink id: the length of a memory sink's output at each start. */
  readonly lengthsAtStarts = new Map<string, number[]>();
  readonly #options: SimulateOptions;
  readonly #random: Random;
  readonly #acknowledged = new Acknowledged((text) => this.#problem(text));
  readonly #bounds: Bounds;
  readonly #ownCheckpoints: ((world: World) => CheckpointStore) | undefined;
  readonly #world: World;
  #store: CheckpointStore | undefined;
  #disk: SimDisk;
  #process!: SimProcess;

  constructor(options: SimulateOptions, pipeline: (world: World) => Pipeline, seed: number) {
    this.#options = options;
    this.#random = seededRandom(seed ^ 0x5eed);
    this.trace = new Trace(options.onTrace);
    this.#disk = new SimDisk({ random: seededRandom(seed ^ 0xd15c) });
    this.#bounds = new Bounds(options.bounds ?? {}, (text) => this.#problem(text));
    this.#ownCheckpoints = options.checkpoints;
    this.#world = new RunWorld(seededRandom(seed), this.#worldClock(), () => this.#process);
    this.plan = pipeline(this.#world).plan;
  }

  /** Runs to the end; what is wrong by then is in `problems`. `faults` has one entry a process, then none for the last. */
  async toTheEnd(faults: readonly StartFaults[]): Promise<void> {
    for (let start = 0; start < faults.length + quietStarts && this.problems.length === 0; start++) {
      const mine = faults[start] ?? {};
      if (faults[start] === undefined) this.#disk.capacityBytes = Number.POSITIVE_INFINITY;
      const ending = await this.#live(mine);
      if (ending === "finished") return;
      await this.#after(ending, mine);
    }
    if (this.problems.length === 0) this.#problem("it has not come to its end though nothing went wrong any more");
  }

  /** One in four runs is started again after its end: there is nothing left to do, and nothing may change. */
  async onceMore(): Promise<void> {
    if (this.#random.below(4) > 0 || this.problems.length > 0) return;
    const ending = await this.#live({});
    if (ending !== "finished") this.#problem(`started again after its end it is ${ending}`);
  }

  /** What a power loss at the end would leave of the output. */
  outputs(): Promise<Outputs> {
    return outputsOf(this.plan, this.#disk.restart(), stateFolder);
  }

  /** One process, from its start to its end. */
  async #live(faults: StartFaults): Promise<Ending> {
    const { clock, trace } = this;
    const process = new SimProcess({ clock, disk: this.#disk, random: this.#random, faults, trace });
    this.#process = process;
    this.counts.starts += 1;
    trace.add(clock.monotonic(), `start ${this.counts.starts}`);
    this.#noteLengths();
    const ending = await this.#follow(this.#start(process, faults), process);
    this.operations += process.operations;
    return ending;
  }

  #start(process: SimProcess, faults: StartFaults): RunningPipeline {
    const clock = fencedClock(this.clock, process);
    const disk = fencedDisk(this.#disk, process.ofDisk);
    const real = this.#options.disk?.(disk) ?? disk;
    return runPlan(fencedPlan(this.#disturbed(faults), process), {
      clock,
      disk: real,
      random: seededRandom(this.#random.below(2 ** 32)),
      checkpoints: this.#checkpoints(clock, real, process),
      checkpointInterval: checkpointIntervalMs,
      drain: "10m",
      signals: false,
    });
  }

  #checkpoints(clock: Clock, disk: ReturnType<typeof fencedDisk>, process: SimProcess): CheckpointStore {
    if (this.#ownCheckpoints === undefined) return simulatedCheckpoints(disk, clock, (text) => this.#warned(text));
    this.#store ??= this.#ownCheckpoints(this.#world);
    return fencedCheckpoints(this.#store, process);
  }

  /** A state folder says when it could not tidy up, which a disk that fails brings about; that it is damaged it must never have to say. */
  #warned(text: string): void {
    this.trace.add(this.clock.monotonic(), text);
    if (!this.#process.faulted || text.includes("damaged")) this.#problem(text);
  }

  #disturbed(faults: StartFaults): Plan {
    const steps = this.plan.steps.map((step) => {
      if (step.type !== "source") return step;
      const watched = this.#acknowledged.watch(step.id, step.source);
      return { ...step, source: faults.recut === true ? recut(watched, this.#random) : watched };
    });
    return { ...this.plan, steps };
  }

  async #follow(job: RunningPipeline, process: SimProcess): Promise<Ending> {
    let ending: Ending | undefined;
    job.done.then(
      () => (ending = process.stopping ? "stopped" : "finished"),
      (error: Error) => (ending = error),
    );
    const endMs = this.clock.monotonic() + (this.#options.limitMs ?? 3_600_000);
    let stopped = false;
    await settled();
    for (let more = true; ending === undefined && !process.over; ) {
      if (!more || this.clock.monotonic() > endMs) return "stuck";
      if (process.stopping && !stopped) {
        stopped = true;
        job.stop();
      }
      more = await this.clock.next();
      this.#bounds.check(job);
    }
    return ending ?? "killed";
  }

  async #after(ending: Ending, faults: StartFaults): Promise<void> {
    this.trace.add(this.clock.monotonic(), `it is ${ending instanceof Error ? `failed: ${reasonOf(ending)}` : ending}`);
    if (ending === "stuck")
      this.#problem(`it hangs, or takes too long, at ${this.clock.monotonic()} ms of virtual time`);
    else if (ending === "killed") {
      this.counts.crashes += 1;
      this.#disk = this.#disk.restart();
    } else if (ending === "stopped") this.counts.stops += 1;
    else this.#failed(ending as Error, faults);
    await this.clock.advance(this.#random.below(500));
  }

  #failed(error: Error, faults: StartFaults): void {
    this.counts.failures += 1;
    if (!this.#process.faulted) this.#problem(`it failed though nothing was made to fail: ${reasonOf(error)}`);
    if (faults.powerLoss !== true) return;
    this.#process.kill();
    this.#disk = this.#disk.restart();
  }

  #noteLengths(): void {
    for (const [id, values] of memoryOutputs(this.plan)) {
      const lengths = this.lengthsAtStarts.get(id) ?? [];
      lengths.push(values.length);
      this.lengthsAtStarts.set(id, lengths);
    }
  }

  #problem(text: string): void {
    this.trace.add(this.clock.monotonic(), `PROBLEM ${text}`);
    this.problems.push(text);
  }

  /** What a plan sees as time: timers belong to the process that set them. */
  #worldClock(): Clock {
    return {
      now: () => this.clock.now(),
      monotonic: () => this.clock.monotonic(),
      turn: () => this.clock.turn(),
      timer: (delayMs, callback) => fencedClock(this.clock, this.#process).timer(delayMs, callback),
    };
  }
}
