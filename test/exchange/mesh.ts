import type { Random } from "../../src/core/random.ts";
import type { Stage } from "../../src/distributed/stage.ts";
import { stagesOf } from "../../src/distributed/stages.ts";
import type { Exchanged } from "../../src/operators/exchange/exchanged.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { Job } from "../../src/runtime/job.ts";
import { fencedCheckpoints, fencedClock } from "../../src/testing/fence.ts";
import { fencedPlan } from "../../src/testing/fence-plan.ts";
import { ManualClock, settled } from "../../src/testing/manual-clock.ts";
import { memoryCheckpoints } from "../../src/testing/memory-checkpoints.ts";
import { Lifetime } from "../../src/testing/passage.ts";
import { type Grant, Log, logSource } from "./log.ts";
import { TaskOutput } from "./task-output.ts";

/** How a mesh is run. */
export interface MeshOptions {
  readonly checkpointMs?: number;
  /** Records after which a task's sinks are full for a moment. */
  readonly fullAt?: number;
  /** Whether the input ends where it ends now. */
  readonly bounded?: boolean;
}

/** All tasks of a plan over several partitions, wired in memory: exchanges are logs, and time moves when it is told. */
export class Mesh {
  readonly clock = new ManualClock(1_000_000);
  readonly tasks: MeshTask[];
  /** By sink: what came out, in the order in which it could be read, with the task it came from. */
  readonly outputs = new Map<string, { readonly task: string; readonly value: unknown }[]>();
  readonly inputs: readonly Log<unknown>[];
  readonly exchanges = new Map<string, readonly Log<Uint8Array>[]>();
  ends: ReadonlyMap<string, number> | undefined;
  readonly options: MeshOptions;

  constructor(plan: Plan, inputs: readonly (readonly unknown[])[], options: MeshOptions = {}) {
    this.options = options;
    this.inputs = inputs.map((records, i) => new Log(`in-${i}`, records));
    if (options.bounded ?? true) this.ends = this.#endsNow();
    const stages = stagesOf(plan, inputs.length);
    for (const { id } of stages.filter(({ input }) => input.kind === "exchange")) {
      this.exchanges.set(
        id,
        this.inputs.map((_, i) => new Log<Uint8Array>(`${id}-${i}`)),
      );
    }
    this.tasks = stages.flatMap((stage) =>
      this.#logsOf(stage).map((log) => new MeshTask(this, stage, log as Log<unknown>)),
    );
    for (const task of this.tasks) task.start();
  }

  /** A further run of all tasks, after the one before has ended, over an input that has grown. */
  runOn(inputs: readonly (readonly unknown[])[]): void {
    for (const [i, records] of inputs.entries()) this.inputs[i]!.append(records);
    this.ends = this.#endsNow();
    for (const task of this.tasks) task.restart(0);
  }

  /** Values of a sink, in the order in which they could be read. */
  values(sink: string): unknown[] {
    return (this.outputs.get(sink) ?? []).map(({ value }) => value);
  }

  /** Takes an output. */
  publish(sink: string, task: string, value: unknown): void {
    const known = this.outputs.get(sink);
    if (known === undefined) this.outputs.set(sink, [{ task, value }]);
    else known.push({ task, value });
  }

  /** Takes what is sent into an exchange. */
  send(exchange: string, { to, bytes }: Exchanged): void {
    const logs = this.exchanges.get(exchange)!;
    for (const log of to === "all" ? logs : [logs[to]!]) log.append([bytes]);
  }

  /** Lets tasks read, time pass, and tasks die and come back, as chance has it. */
  async stir(random: Random, turns: number, deaths: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      const task = this.tasks[random.below(this.tasks.length)]!;
      const what = random.below(turns);
      if (what < deaths) task.restart();
      else if (what % 3 === 0) await this.clock.advance(random.below(150));
      else task.allow(1 + random.below(12));
      if (what % 2 === 0) await settled();
      this.#check();
    }
  }

  /** Lets all tasks read all, until they have ended. */
  async finish(): Promise<void> {
    for (const task of this.tasks) task.allow(Number.MAX_SAFE_INTEGER);
    for (let round = 0; this.tasks.some(({ ended }) => !ended); round++) {
      if (round > 10_000) throw new Error(`tasks do not end: ${this.tasks.filter(({ ended }) => !ended).map(String)}`);
      await this.clock.advance(100);
      this.#check();
    }
  }

  #endsNow(): ReadonlyMap<string, number> {
    return new Map(this.inputs.map(({ name, records }) => [name, records.length]));
  }

  #check(): void {
    for (const { failure } of this.tasks) if (failure !== undefined) throw failure;
  }

  #logsOf({ id, input }: Stage): readonly Log<unknown>[] {
    return input.kind === "source" ? this.inputs : this.exchanges.get(id)!;
  }
}

/** One task, run after run. */
export class MeshTask {
  readonly stage: Stage;
  readonly log: Log<unknown>;
  ended = false;
  failure: unknown;
  job!: Job;
  readonly #mesh: Mesh;
  readonly #checkpoints = memoryCheckpoints();
  #life = new Lifetime();
  #grant: Grant = { records: 0, end: Number.POSITIVE_INFINITY };

  constructor(mesh: Mesh, stage: Stage, log: Log<unknown>) {
    this.#mesh = mesh;
    this.stage = stage;
    this.log = log;
  }

  toString(): string {
    return `${this.stage.id} on ${this.log.name}`;
  }

  /** Lets it read so many records more. */
  allow(records: number): void {
    this.#grant.records += records;
    this.log.wake();
  }

  /** Dies, and goes on from its last checkpoint. What it may read is what it was allowed before, unless told. */
  restart(records = this.#grant.records): void {
    this.#life.kill();
    this.#grant = { records, end: Number.POSITIVE_INFINITY };
    this.start();
  }

  start(): void {
    const mesh = this.#mesh;
    const life = new Lifetime();
    this.#life = life;
    this.ended = false;
    const end = this.stage.input.kind === "source" ? mesh.ends?.get(this.log.name) : undefined;
    const grant = { records: this.#grant.records, end: end ?? Number.POSITIVE_INFINITY };
    this.#grant = grant;
    const clock = fencedClock(mesh.clock, life);
    const output = new TaskOutput(clock, mesh.options.fullAt ?? Number.POSITIVE_INFINITY);
    const plan = this.stage.plan({
      source: logSource(this.log, grant),
      sink: ({ id }) => output.sink(id, (value) => mesh.publish(id, String(this), value)),
      exchange: (id) => ({
        sink: output.sink<Exchanged>(id, (value) => mesh.send(id, value)),
        partitions: mesh.exchanges.get(id)!.length,
      }),
      from: this.log.name,
      total: () => mesh.inputs.length,
      ends: mesh.ends,
      onEnded: () => {
        grant.end = 0;
        this.log.wake();
      },
    });
    const job = new Job(fencedPlan(plan, life), {
      clock,
      checkpoints: fencedCheckpoints(output.checkpoints(this.#checkpoints.connect()), life),
      checkpointIntervalMs: mesh.options.checkpointMs ?? 200,
    });
    this.job = job;
    job.done.then(
      () => {
        if (!life.over) this.ended = true;
      },
      (failure) => {
        if (!life.over) this.failure = failure;
      },
    );
  }
}
