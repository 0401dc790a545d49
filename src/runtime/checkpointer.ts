import type { Clock, Timer } from "../core/clock.ts";
import type { Position } from "../core/records.ts";
import type { Checkpoint, CheckpointStore, Stateful, StoreChanges } from "../core/state.ts";
import type { CheckpointStatus } from "../observe/status.ts";
import { blamed } from "./blame.ts";
import { CollectedChanges } from "./collected-changes.ts";
import type { Feed } from "./feed.ts";
import type { RunningSink } from "./steps.ts";

/** The parts of a running pipeline that a checkpoint cuts through. */
export interface CutThrough {
  readonly feeds: readonly Feed[];
  readonly sinks: ReadonlyMap<string, RunningSink>;
  readonly stores: ReadonlyMap<string, Stateful>;
  readonly versions: Readonly<Record<string, string>>;
}

/** When checkpoints are taken, and who is told of a failure. */
export interface CheckpointerOptions {
  /** Milliseconds from one to the next. */
  readonly intervalMs: number;
  /** One is taken so many milliseconds after the first output since the last, too; undefined: at the interval only. */
  readonly outputMs?: number | undefined;
  /** The number of the checkpoint that was restored; 0 for none. */
  readonly lastId: number;
  readonly fail: (thrown: unknown) => void;
}

/** What is told of checkpoints before there are any: while the store restores. */
export function restoringStatus(store: CheckpointStore): CheckpointStatus {
  const none = { count: 0, lastAtMs: undefined, lastPauseMs: 0, lastDurationMs: 0, longestPauseMs: 0 };
  return { ...none, store: store.status?.() ?? {} };
}

/** Takes checkpoints of a running pipeline at an interval: a short pause for the cut, the writing beside the stream. */
export class Checkpointer {
  readonly #clock: Clock;
  readonly #store: CheckpointStore;
  readonly #through: CutThrough;
  readonly #options: CheckpointerOptions;
  #id: number;
  #timer: Timer | undefined;
  /** Set by the first output since the last cut. */
  #outputTimer: Timer | undefined;
  /** Output has waited long enough, but for the checkpoint under way. */
  #outputDue = false;
  #underWay: Promise<void> | undefined;
  #committing: Promise<void> = Promise.resolve();
  #stopped = false;
  #closed = false;
  #recordsAtLast = -1;
  #count = 0;
  #lastAtMs: number | undefined;
  #lastPauseMs = 0;
  #lastDurationMs = 0;
  #longestPauseMs = 0;

  constructor(clock: Clock, store: CheckpointStore, through: CutThrough, options: CheckpointerOptions) {
    this.#clock = clock;
    this.#store = store;
    this.#through = through;
    this.#options = options;
    this.#id = options.lastId;
  }

  start(): void {
    this.#atInterval();
    this.#watchOutput();
  }

  #atInterval(): void {
    this.#timer = this.#clock.timer(this.#options.intervalMs, () => {
      if (this.#underWay === undefined && this.#hasMoved()) this.#take().catch(this.#options.fail);
      if (!this.#stopped) this.#atInterval();
    });
  }

  /** From the cut on: the next output begins to wait. */
  #watchOutput(): void {
    const { outputMs } = this.#options;
    if (outputMs === undefined || this.#stopped) return;
    this.#outputTimer?.cancel();
    this.#outputTimer = undefined;
    this.#outputDue = false;
    const first = () => {
      this.#outputTimer ??= this.#clock.timer(outputMs, () => this.#takeForOutput());
    };
    for (const sink of this.#through.sinks.values()) sink.onOutput = first;
  }

  #takeForOutput(): void {
    this.#outputDue = this.#underWay !== undefined;
    if (!this.#outputDue) this.#take().catch(this.#options.fail);
  }

  /**
   * Begins no checkpoint any more. Called at once when the pipeline fails: what a failed step or checkpoint left behind is no
   * cut to go on from, since changes may have been collected that no store got, and a record half done.
   */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimers();
  }

  #cancelTimers(): void {
    this.#timer?.cancel();
    this.#outputTimer?.cancel();
    this.#outputDue = false;
    for (const sink of this.#through.sinks.values()) sink.onOutput = undefined;
  }

  /**
   * Takes one more checkpoint, after the one under way, and resolves when it is durable. None after `stop`. `ended`: the
   * end of the input has gone through all steps.
   */
  async last(ended: boolean): Promise<void> {
    this.#cancelTimers();
    await this.#underWay;
    if (this.#stopped) return;
    this.stop();
    await this.#take(ended);
  }

  /**
   * Gives the checkpoint under way up, or, once it is being stored, waits until it is: by the time the pipeline is closed,
   * nothing of it writes any more. What sinks would commit of it they commit when they are opened again.
   */
  async close(): Promise<void> {
    this.stop();
    this.#closed = true;
    await this.#committing.catch(() => {});
  }

  #hasMoved(): boolean {
    if (this.#records() !== this.#recordsAtLast) return true;
    return [...this.#through.stores.values()].some((store) => store.awaitsCommit === true);
  }

  #records(): number {
    let records = 0;
    for (const feed of this.#through.feeds) records += feed.records;
    for (const sink of this.#through.sinks.values()) records += sink.in;
    return records;
  }

  #take(ended = false): Promise<void> {
    const work = this.#cutAndCommit(ended).finally(() => {
      this.#underWay = undefined;
    });
    this.#underWay = work;
    return work.then(() => {
      if (this.#outputDue) this.#takeForOutput();
    });
  }

  async #cutAndCommit(ended: boolean): Promise<void> {
    const began = this.#clock.monotonic();
    const { feeds, sinks, stores, versions } = this.#through;
    const prepared = Promise.all([...sinks.values()].map((sink) => prepare(sink)));
    // Whatever fails before they are waited for is the run's error; theirs comes on top.
    prepared.catch(() => {});
    this.#store.cut?.();
    const positions = new Map(feeds.map((feed) => [feed.step.id, feed.positions()]));
    const changes = [...stores].map(([name, store]) => collected(name, store));
    this.#recordsAtLast = this.#records();
    this.#watchOutput();
    this.#id += 1;
    const id = this.#id;
    this.#paused(this.#clock.monotonic() - began);

    const tokens = Object.fromEntries(await prepared);
    if (this.#closed) return;
    const state = { id, sources: plain(positions), sinks: tokens, versions };
    const checkpoint: Checkpoint = ended ? { ...state, ended } : state;
    await this.#commit(checkpoint, changes);
    if (this.#closed) return;
    for (const store of stores.values()) store.committed?.();
    for (const { step, writer } of sinks.values()) await atStep(step.id, () => writer.commit?.(tokens[step.id]));
    for (const { step, reader } of feeds) await atStep(step.id, () => reader.acknowledge?.(positions.get(step.id)!));
    this.#count += 1;
    this.#lastAtMs = this.#clock.now();
    this.#lastDurationMs = this.#clock.monotonic() - began;
  }

  #commit(checkpoint: Checkpoint, changes: readonly StoreChanges[]): Promise<void> {
    this.#committing = this.#store.commit(checkpoint, changes, this.#through.stores);
    return this.#committing;
  }

  #paused(ms: number): void {
    this.#lastPauseMs = ms;
    this.#longestPauseMs = Math.max(this.#longestPauseMs, ms);
  }

  status(): CheckpointStatus {
    return {
      count: this.#count,
      lastAtMs: this.#lastAtMs,
      lastPauseMs: this.#lastPauseMs,
      lastDurationMs: this.#lastDurationMs,
      longestPauseMs: this.#longestPauseMs,
      store: this.#store.status?.() ?? {},
    };
  }
}

function collected(name: string, store: Stateful): CollectedChanges {
  const changes = new CollectedChanges(name);
  try {
    store.collect(changes);
  } catch (thrown) {
    throw blamed(thrown, name.split("/")[0]!, undefined);
  }
  return changes;
}

async function prepare(sink: RunningSink): Promise<[string, unknown]> {
  return [sink.step.id, await atStep(sink.step.id, () => sink.writer.prepare())];
}

async function atStep<T>(step: string, work: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    throw blamed(thrown, step, undefined);
  }
}

function plain(positions: ReadonlyMap<string, ReadonlyMap<string, Position>>): Checkpoint["sources"] {
  return Object.fromEntries([...positions].map(([id, places]) => [id, Object.fromEntries(places)]));
}
