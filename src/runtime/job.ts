import { type Clock, systemClock } from "../core/clock.ts";
import type { Disk } from "../core/disk.ts";
import type { MillraceError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import { nodeDisk } from "../core/node-disk.ts";
import { type Random, systemRandom } from "../core/random.ts";
import type { SourceReader } from "../core/source.ts";
import type { Checkpoint, CheckpointStore } from "../core/state.ts";
import { type Logger, silentLogger } from "../observe/log.ts";
import type { JobState, JobStatus } from "../observe/status.ts";
import type { Plan } from "../plan/plan.ts";
import { blamed } from "./blame.ts";
import { Checkpointer, restoringStatus } from "./checkpointer.ts";
import { Cursor } from "./cursor.ts";
import { briefly, inTime } from "./deadline.ts";
import type { Environment } from "./environment.ts";
import { Feed } from "./feed.ts";
import { Gate } from "./gate.ts";
import { Graph } from "./graph.ts";
import { Linger } from "./linger.ts";
import { Meters } from "./meters.ts";
import { noCheckpoints } from "./no-checkpoints.ts";
import { Outcome } from "./outcome.ts";
import { Refusals } from "./refusals.ts";
import { restore, resumeOf, tellRestored, versionsOf } from "./restore.ts";
import type { RunningPipeline } from "./running-pipeline.ts";
import { whenSilent } from "./silent-input.ts";
import { statusOf } from "./status.ts";
import { Waiting } from "./waiting.ts";

/** How a pipeline is run. Everything has a default that is safe. */
export interface JobOptions {
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly disk?: Disk | undefined;
  /** Where checkpoints are kept; without it a crashed run starts again from the beginning. */
  readonly checkpoints?: CheckpointStore | undefined;
  /** Milliseconds between checkpoints; 1000 unless told. */
  readonly checkpointIntervalMs?: number | undefined;
  /** With it, a checkpoint is also taken so many milliseconds after the first output since the last: where output waits for one. */
  readonly outputCheckpointMs?: number | undefined;
  /** How long a stopping pipeline may drain, in milliseconds; 30,000 unless told. */
  readonly drainMs?: number | undefined;
  /** Ends the run, as if the input had ended, once every source has been silent for so long. */
  readonly stopAfterSilentMs?: number | undefined;
  /** Takes what a person should see, such as refused records, sampled. Nothing unless told. */
  readonly logger?: Logger | undefined;
  /** Told when the run has failed and nobody has asked for `done`. */
  readonly onUnheeded?: ((error: MillraceError) => void) | undefined;
}

/** One run of a plan, from `open` to the end of its input, a `stop`, or a failure. */
export class Job implements RunningPipeline {
  readonly #outcome: Outcome;
  readonly #plan: Plan;
  readonly #options: JobOptions;
  readonly #clock: Clock;
  readonly #environment: Environment;
  readonly #graph: Graph;
  readonly #waiting: Waiting;
  readonly #meters: Meters;
  readonly #refusals: Refusals;
  readonly #linger: Linger;
  readonly #abort = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  readonly #startedAt: number;
  #feeds: Feed[] = [];
  #checkpointer: Checkpointer | undefined;
  #state: JobState = "starting";
  #stopping = false;
  #error: MillraceError | undefined;
  #silent = false; // for so long that the input counts as ended
  #ending: Promise<void> = Promise.resolve();
  #elapsedMs: number | undefined;

  constructor(plan: Plan, options: JobOptions = {}) {
    this.#plan = plan;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#startedAt = this.#clock.monotonic();
    this.#meters = new Meters(this.#clock, options.logger ?? silentLogger);
    this.#waiting = new Waiting(this.#clock);
    const cursor = new Cursor();
    this.#refusals = new Refusals(cursor, (step) => this.#meters.of(step));
    this.#environment = {
      clock: this.#clock,
      random: options.random ?? systemRandom(),
      disk: options.disk ?? nodeDisk,
      cursor,
      gate: new Gate(this.#clock),
      checkpointed: options.checkpoints !== undefined,
      waitedMs: () => this.#waiting.ms,
      meterOf: (step) => this.#meters.of(step),
      refuse: (step, reason, detail) => this.#refusals.refuse(step, reason, detail),
      letOut: () => this.#linger.look(),
      fail: (thrown) => this.#fail(thrown),
    };
    this.#graph = new Graph(plan, this.#environment);
    this.#linger = new Linger(this.#clock, this.#graph);
    this.#failed.promise.catch(() => {});
    this.#outcome = new Outcome(this.#run(), options.onUnheeded);
  }

  get done(): Promise<JobStatus> {
    return this.#outcome.done;
  }

  onOver(then: () => void): void {
    this.#outcome.onOver(then);
  }

  /** Stops intake, lets what is under way finish, keeps a last checkpoint, and closes. What is not acknowledged is read again next time. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    if (this.#state === "running") this.#state = "draining";
    this.#abort.abort();
    this.#environment.gate.wake();
  }

  /** Ends the run at once, without a last checkpoint, for one whose input is somebody else's by now: `done` rejects with the reason. */
  abandon(reason: MillraceError): void {
    this.#fail(reason);
  }

  /** What the pipeline tells of itself at this moment. */
  status(): JobStatus {
    const { checkpoints } = this.#options;
    return statusOf({
      plan: this.#plan,
      graph: this.#graph,
      feeds: this.#feeds,
      meters: this.#meters,
      state: this.#state,
      error: this.#error,
      checkpoints: this.#checkpointer?.status() ?? (checkpoints && restoringStatus(checkpoints)),
      atMs: this.#clock.now(),
      elapsedMs: this.#elapsedMs ?? this.#clock.monotonic() - this.#startedAt,
    });
  }

  #fail(thrown: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = blamed(thrown, "pipeline", undefined);
    this.#state = "failed";
    this.#checkpointer?.stop();
    this.stop();
    this.#failed.reject(this.#error);
  }

  async #run(): Promise<JobStatus> {
    // The caller gets the job before anything of it runs.
    await Promise.resolve();
    try {
      const checkpoint = await this.#open();
      await Promise.race([this.#stream(checkpoint), this.#failed.promise]);
      this.#state = "finished";
    } catch (thrown) {
      // To one who was stopped before it began, what could not be opened is no failure.
      if (this.#checkpointer === undefined && this.#stopping && this.#error === undefined) this.#state = "finished";
      else this.#fail(thrown);
    }
    await this.#close();
    this.#elapsedMs = this.#clock.monotonic() - this.#startedAt;
    if (this.#error !== undefined) throw this.#error;
    return this.status();
  }

  async #open(): Promise<Checkpoint | undefined> {
    this.#graph.open();
    const { checkpoints } = this.#options;
    const stores = this.#graph.stores();
    const checkpoint = checkpoints === undefined ? undefined : await restore(this.#plan, checkpoints, stores);
    const checkpointed = checkpoints !== undefined;
    for (const sink of this.#graph.sinks.values()) {
      const { id } = sink.step;
      const context = { ...this.#contextOf(id), resume: checkpoint?.sinks[id], checkpointed };
      sink.writer = await opened(id, () => sink.step.sink.open(context));
    }
    if (this.#plan.deadLetters !== undefined) {
      this.#refusals.output = this.#graph.sinks.get(this.#plan.deadLetters)?.receiver;
    }
    await this.#openFeeds(checkpoint);
    if (checkpoints === undefined) for (const store of stores.values()) store.unwatched?.();
    tellRestored(stores);
    return checkpoint;
  }

  async #openFeeds(checkpoint: Checkpoint | undefined): Promise<void> {
    for (const step of this.#plan.steps) {
      if (step.type !== "source") continue;
      const resume = resumeOf(checkpoint, step.id);
      const context = { ...this.#contextOf(step.id), resume };
      const reader: SourceReader<unknown> = await opened(step.id, () => step.source.open(context));
      const feed = new Feed(
        {
          step,
          reader,
          target: this.#graph.behind(step.id),
          environment: this.#environment,
          waiting: this.#waiting,
          stopping: () => this.#stopping,
          flush: () => this.#graph.flush(),
        },
        resume,
      );
      this.#feeds.push(feed);
    }
  }

  #contextOf(id: string) {
    const { clock, disk, meterOf } = this.#environment;
    return { id, clock, disk, meter: meterOf(id), signal: this.#abort.signal };
  }

  async #stream(checkpoint: Checkpoint | undefined): Promise<void> {
    const { checkpoints } = this.#options;
    const versions = versionsOf(this.#plan);
    const through = { feeds: this.#feeds, sinks: this.#graph.sinks, stores: this.#graph.stores(), versions };
    this.#checkpointer = new Checkpointer(this.#clock, checkpoints ?? noCheckpoints, through, {
      intervalMs: this.#options.checkpointIntervalMs ?? limits.checkpointIntervalMs,
      outputMs: this.#options.outputCheckpointMs,
      lastId: checkpoint?.id ?? 0,
      fail: (thrown) => this.#fail(thrown),
    });
    if (checkpoints !== undefined) this.#checkpointer.start();
    if (this.#state === "starting") this.#state = this.#stopping ? "draining" : "running";
    const silentMs = this.#options.stopAfterSilentMs;
    const onSilent = () => {
      this.#silent = true;
      this.stop();
    };
    const silence =
      silentMs === undefined ? undefined : whenSilent(this.#feeds, silentMs, this.#clock, this.#abort.signal, onSilent);
    const fed = Promise.all(this.#feeds.map((feed) => this.#feed(feed))).finally(() => silence?.cancel());
    const work = Promise.race([fed.then(() => this.#finish()), this.#failed.promise]);
    await inTime(work, this.#clock, this.#abort.signal, this.#options.drainMs ?? limits.drainMs);
  }

  async #feed(feed: Feed): Promise<void> {
    await feed.run();
    if (!feed.ended) return;
    this.#ending = this.#ending.then(() => this.#graph.end(feed.step.id));
    await this.#ending;
  }

  async #finish(): Promise<void> {
    if (this.#error !== undefined) return;
    this.#state = "draining";
    await this.#drain();
    await this.#checkpointer!.last(this.#silent || this.#feeds.every((feed) => feed.ended));
  }

  /** Without checkpoints nothing will be read again, so a stopped run ends as if its input had ended. */
  async #drain(): Promise<void> {
    await this.#graph.settle();
    if (this.#options.checkpoints !== undefined && !this.#silent) return;
    for (const feed of this.#feeds) if (!feed.ended) await this.#graph.end(feed.step.id);
  }

  async #close(): Promise<void> {
    await this.#checkpointer?.close();
    this.#graph.close((thrown) => this.#fail(thrown));
    this.#linger.close();
    this.#meters.flush();
    for (const { step, reader } of this.#feeds) await this.#quietly(step.id, () => reader.close());
    for (const { step, writer } of this.#graph.sinks.values()) {
      const late = this.#error?.code === "ML6001";
      await this.#quietly(step.id, () => (late ? briefly(writer?.close(), this.#clock) : writer?.close()));
    }
    const { checkpoints } = this.#options;
    if (checkpoints !== undefined) await this.#quietly("pipeline", () => checkpoints.close());
  }

  /** Closing goes on whatever one part throws; the first error is the run's, unless it had one. */
  async #quietly(step: string, close: () => Promise<void> | undefined): Promise<void> {
    try {
      await close();
    } catch (thrown) {
      this.#fail(blamed(thrown, step, undefined));
    }
  }
}

async function opened<T>(id: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (thrown) {
    throw blamed(thrown, id, undefined);
  }
}
