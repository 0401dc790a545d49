import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { Meter } from "./meter.ts";
import type { RecordInfo } from "./operator.ts";

/**
 * What a sink promises across a crash, given a replayable source and checkpoints:
 * - `exactly-once`: it can undo, or commits together with the checkpoint, what was written after the last one.
 * - `effectively-once`: written again under the same key, which the receiver must honour.
 * - `at-least-once`: what was written after the last checkpoint is written again.
 */
export type Delivery = "exactly-once" | "effectively-once" | "at-least-once";

/** What a sink is, told before it is opened. */
export interface SinkTraits {
  /** For people: `"file counts.jsonl"`. */
  readonly name: string;
  readonly delivery: Delivery;
}

/** What the engine gives a sink. */
export interface SinkContext {
  readonly id: string;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly meter: Meter;
  /** What `prepare` returned for the checkpoint that is restored; undefined on a first run. */
  readonly resume: unknown;
  /** Whether this run takes checkpoints: without them a sink need not keep anything to undo. */
  readonly checkpointed: boolean;
  /** Aborted when the run is to stop: an `open` that waits for something rejects then. Writing goes on. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An open sink.
 *
 * - `write` takes a value at once and returns: it buffers, and sends when it sees fit. What it takes by reference must not
 *   change later; `record`, and `record.raw()`, are valid during the call only. A value it cannot encode it throws at,
 *   which counts as the step's failure at that record.
 * - `full` turns true when what it holds reaches its bound: the engine stops feeding it and awaits `drain`, which resolves
 *   when there is room again. Up to one record's output may still come after `full`.
 * - `flush` says that nothing more comes for now: send what is held back for company. It does not wait. Called before the engine waits
 *   for input, and when a step let something out meanwhile, by a timer or by an answer from outside: at once, or 5 ms after the last time.
 * - `prepare` resolves when everything written before the call is safe, or staged so that `commit` cannot fail for any
 *   reason but a crash; it returns JSON data that restores exactly this cut. Writes may go on while it works, and do not
 *   belong to the cut. Calls do not overlap.
 * - `commit` is called after the checkpoint with that token is durable; after a crash in between, `open` gets the token
 *   in `resume` and finishes the commit.
 * - `close` is called once, last: everything that was prepared is safe already. After a failure it is called without
 *   `prepare`, and what was not prepared is dropped or kept, as `delivery` says.
 *
 * A write that fails rejects the next `drain` or `prepare` (with `ML4001`); nothing is lost, since nothing was acknowledged.
 */
export interface SinkWriter<in T> {
  write(value: T, record: RecordInfo): void;
  readonly full: boolean;
  drain(): Promise<void>;
  flush(): void;
  prepare(): Promise<unknown>;
  commit?(token: unknown): Promise<void>;
  close(): Promise<void>;
}

/** Where results go. A description until `open`. */
export interface Sink<in T> {
  readonly traits: SinkTraits;
  /** Rejects with `ML4001` when it cannot be written, `ML4002` when the output no longer fits `resume`. */
  open(context: SinkContext): Promise<SinkWriter<T>>;
}
