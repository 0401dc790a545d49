import { limits } from "../core/limits.ts";
import type { Batch, ByteBatch, Position, ValueBatch } from "../core/records.ts";
import { Slice } from "../core/records.ts";
import type { Announce, SourceReader } from "../core/source.ts";
import type { SourceStatus } from "../observe/status.ts";
import type { SourceStep } from "../plan/plan.ts";
import { blamed } from "./blame.ts";
import type { Environment } from "./environment.ts";
import type { Receiver } from "./receiver.ts";
import type { Waiting } from "./waiting.ts";

/** How long a feed may work before it lets timers, signals and sockets have their turn, in milliseconds. */
const turnMs = 10;

/** What a feed needs of the job it belongs to. */
export interface FeedOptions {
  readonly step: SourceStep;
  readonly reader: SourceReader<unknown>;
  readonly target: Receiver;
  readonly environment: Environment;
  readonly waiting: Waiting;
  /** True once intake has to stop. */
  readonly stopping: () => boolean;
  /** Called when the source has nothing more for now, so that nothing waits in a buffer for company. */
  readonly flush: () => void;
}

/** Reads one source and feeds its records to the steps behind it, for as long as the gate is open. */
export class Feed {
  readonly step: SourceStep;
  readonly reader: SourceReader<unknown>;
  records = 0;
  bytes = 0;
  ended = false;
  #activity: SourceStatus["activity"] = "reading";
  #readingSince: number;
  #at: { batch: Batch; index: number } | undefined;
  #turnSince: number;
  #flushedAt = Number.NEGATIVE_INFINITY;
  readonly #options: FeedOptions;
  readonly #positions = new Map<string, Position>();
  readonly #slice = new Slice();
  /** The bounds of the records that the steps were told of before the reader gave them. */
  #announced: Int32Array | undefined;

  constructor(options: FeedOptions, resume: ReadonlyMap<string, Position>) {
    this.step = options.step;
    this.reader = options.reader;
    this.#options = options;
    for (const [partition, position] of resume) this.#positions.set(partition, position);
    this.#readingSince = this.#turnSince = options.environment.clock.monotonic();
  }

  /** Where to read on, by partition, after the last record that was worked on. */
  positions(): Map<string, Position> {
    const positions = new Map(this.#positions);
    if (this.#at !== undefined) positions.set(this.#at.batch.partition.name, this.#at.batch.resume(this.#at.index));
    return positions;
  }

  /** Resolves when the source has ended, or intake has stopped. */
  async run(): Promise<void> {
    const { environment, waiting, stopping } = this.#options;
    while (!stopping()) {
      if (environment.gate.closed) await this.#untilOpen();
      if (stopping()) break;
      this.#flush();
      const batch = await this.#read();
      if (batch === "end") {
        this.ended = !stopping();
        break;
      }
      waiting.begin();
      this.#activity = "working";
      try {
        await this.#work(batch);
      } finally {
        waiting.end();
      }
      await this.#turn(environment.clock.monotonic());
    }
    this.#activity = "ended";
  }

  /** What sinks hold back for company goes out when nothing is about to come, and after a bounded time in any case. */
  #flush(): void {
    const now = this.#options.environment.clock.monotonic();
    if (this.reader.pending === true && now - this.#flushedAt < limits.lingerMs) return;
    this.#flushedAt = now;
    this.#options.flush();
  }

  async #read(): Promise<Batch | "end"> {
    this.#activity = "reading";
    this.#readingSince = this.#options.environment.clock.monotonic();
    this.#announced = undefined;
    try {
      return await this.reader.read(this.#announce);
    } catch (thrown) {
      throw blamed(thrown, this.step.id, undefined);
    }
  }

  readonly #announce: Announce = (buffer, bounds, size) => {
    this.#announced = bounds;
    this.#options.target.block?.(buffer, bounds, size);
  };

  async #turn(now: number): Promise<void> {
    if (now - this.#turnSince < turnMs) return;
    await this.#options.environment.clock.turn();
    this.#turnSince = this.#options.environment.clock.monotonic();
  }

  async #work(batch: Batch): Promise<void> {
    const { environment, stopping } = this.#options;
    const feed = batch.buffer === undefined ? this.#feedValues(batch) : this.#feedBytes(batch);
    let next = 0;
    const isToLeave = () => this.#at !== undefined && stopping();
    // The gate may have closed, by an answer or by another source, since the batch was asked for, and since it opened.
    while (next < batch.size || environment.gate.closed) {
      while (environment.gate.closed && !isToLeave()) await this.#heldBack(batch, next);
      if (isToLeave()) break;
      environment.cursor.move(batch);
      next = feed(next);
      environment.cursor.leave();
      environment.gate.next();
    }
    this.records += next;
    this.#positions.set(batch.partition.name, batch.resume(next));
    this.#at = undefined;
    if (next === batch.size) this.bytes += batch.bytes;
  }

  async #heldBack(batch: Batch, index: number): Promise<void> {
    this.#at = { batch, index };
    await this.#opened();
  }

  /** Between batches: what is restored may hold the sources back from the start, and another source at any time. */
  async #untilOpen(): Promise<void> {
    const { waiting } = this.#options;
    waiting.begin();
    try {
      await this.#opened();
    } finally {
      waiting.end();
      this.#options.environment.gate.next();
    }
  }

  async #opened(): Promise<void> {
    const { gate } = this.#options.environment;
    this.#activity = "held back";
    this.#options.flush();
    while (gate.closed && !this.#options.stopping()) await gate.opened();
    this.#activity = "working";
  }

  /** Feeds records from an index on, until the gate closes; gives the index that comes next. */
  #feedValues({ values, size }: ValueBatch<unknown>): (from: number) => number {
    const { cursor, gate } = this.#options.environment;
    const { record, values: all } = this.#options.target;
    if (all !== undefined) return (from) => all(values, from, size);
    return (from) => {
      for (let index = from; index < size; index++) {
        cursor.index = index;
        record(values[index]);
        if (gate.closed) return index + 1;
      }
      return size;
    };
  }

  #feedBytes(batch: ByteBatch): (from: number) => number {
    const { environment, target } = this.#options;
    const { cursor, gate } = environment;
    const { record, block } = target;
    const { bounds, buffer, size } = batch;
    const slice = this.#slice;
    slice.buffer = buffer;
    if (block !== undefined && size > 0 && bounds !== this.#announced) block(buffer, bounds, size);
    const refused = batch.refused === undefined ? undefined : new Map(batch.refused.map((r) => [r.index, r.reason]));
    return (from) => {
      for (let index = from; index < size; index++) {
        cursor.index = index;
        slice.start = bounds[2 * index]!;
        slice.end = bounds[2 * index + 1]!;
        const reason = refused?.get(index);
        if (reason === undefined) record(slice);
        else environment.refuse(this.step.id, reason, undefined);
        if (gate.closed) return index + 1;
      }
      return size;
    };
  }

  status(): SourceStatus {
    const progress = this.reader.progress?.();
    return {
      id: this.step.id,
      name: this.step.source.traits.name,
      records: this.records,
      bytes: this.bytes,
      doneBytes: progress?.doneBytes,
      totalBytes: progress?.totalBytes,
      activity: this.#activity,
      partitions: [...this.#positions.keys()],
      silentMs: this.#activity === "reading" ? this.#options.environment.clock.monotonic() - this.#readingSince : 0,
      own: this.reader.status?.() ?? {},
    };
  }
}
