import type { Clock, Timer } from "./clock.ts";
import type { Meter } from "./meter.ts";
import type { Random } from "./random.ts";
import type { Partition, Slice } from "./records.ts";
import type { Stateful } from "./state.ts";

/** What is known of the record at hand besides its value. One object serves all records: valid during the call only. */
export interface RecordInfo {
  /** Event time in milliseconds since the epoch; NaN before an event-time step gave one. */
  readonly time: number;
  /** What `keyBy` gave; undefined before. */
  readonly key: unknown;
  /**
   * Up to where event time had come in the task that sent it through an exchange: by this, and not by when it arrives, it is late. Undefined
   * or minus infinity for what came no such way.
   */
  readonly horizon?: number | undefined;
  /** Where it came from; undefined for what an operator made on its own, such as a window's result. */
  readonly partition: Partition | undefined;
  /** The source's bytes of it, in memory that is used again after the call; undefined when it has none. */
  raw(): Uint8Array | undefined;
  /** Its place in the source, for people; `"no single record"` for what an operator made on its own. */
  describe(): string;
}

/** A record's info in memory of its own, to go on with later; `bytes` bounds what keeping it costs. JSON data but for `raw`. */
export interface KeptRecord {
  readonly time: number;
  readonly key: unknown;
  readonly partition: string | undefined;
  readonly raw: Uint8Array | undefined;
  readonly place: string;
  /** See {@link RecordInfo}; undefined for none. */
  readonly horizon?: number | undefined;
}

/** What to do when a step's function throws at a record, or a decoder refuses it. */
export type OnError = "fail" | "skip" | "deadLetter";

/** What the engine gives an operator's task. All calls are synchronous and come from one thread. */
export interface OperatorContext<Out> {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: Meter;
  /** Whether this run takes checkpoints. */
  readonly checkpointed: boolean;
  /** Whether every source that feeds the step is live: silence means something only then. */
  readonly live: boolean;
  /** The record at hand. */
  readonly record: RecordInfo;
  /**
   * A clock, in milliseconds, that runs only while every source still open is being waited for. Silence is measured on it:
   * time in which the pipeline itself was busy, restoring or held back says nothing about the input.
   */
  readonly waitedMs: number;

  /** Hands `value` on, with the info of the record at hand. */
  emit(value: Out): void;
  /** Hands `value` on with an event time of its own. */
  emitAt(time: number, value: Out): void;
  /** Hands `value` on with a key of its own, and, if given, an event time and a horizon of its own. */
  emitKeyed(key: unknown, value: Out, time?: number, horizon?: number): void;
  /** Hands a value to a side output; dropped when nothing is attached to it. */
  side(port: string, value: unknown): void;
  /** Whether anything is attached to a side output: saves making what nobody wants. */
  hasSide(port: string): boolean;

  /** The record at hand, kept: for what is emitted after the call is over. */
  keep(): KeptRecord;
  /** Runs `work` with a kept record as the record at hand. */
  as(kept: KeptRecord, work: () => void): void;
  /** Runs `work` with no record at hand but a time and a key: for timers and windows. */
  without(time: number, key: unknown, work: () => void): void;

  /** Tells those downstream that no record with a time below `time` is expected any more. Never goes back: a lower one is ignored. */
  watermark(time: number): void;
  /** Tells those downstream that live input has fallen silent. */
  idle(): void;

  /** Counts the record at hand as refused for `reason` (from a bounded set) and keeps it in the dead letters when there are any. */
  deadLetter(reason: string, detail?: string): void;
  /** Applies the step's error policy to something a user function threw: throws `ML2001`, counts, or dead-letters. */
  failed(cause: unknown): void;

  /** Registers state under a name unique in the step. Call it in `open` only: it is restored before the first record. */
  state<S extends Stateful>(name: string, store: S): S;
  /** Runs `callback` between records, not before `delayMs` of the clock have passed; what it throws fails the pipeline. */
  timer(delayMs: number, callback: () => void): Timer;
  /** Runs `work` between records as soon as possible, for what comes back from outside: a call's answer. What it throws fails the pipeline. */
  enter(work: () => void): void;
  /** Makes the sources wait until `release` was called as often. For steps that hold a bounded number of records. */
  hold(): void;
  release(): void;
  /** For how long, in milliseconds of the clock, the sources have been held back so far, by whatever step or sink. */
  readonly heldMs: number;
  /** Whether a step or sink behind this one holds the sources back just now: a step with much to hand on should stop, and go on with `whenFree`. */
  readonly heldBehind: boolean;
  /**
   * Runs `work` between records, at a later turn, once nobody behind this step holds the sources back: for a step that has more to hand
   * on than its followers can take at once. It holds the sources itself meanwhile, or more comes. What it throws fails the pipeline.
   */
  whenFree(work: () => void): void;
}

/**
 * A running operator.
 *
 * - `record` is called once a record, in order. It emits what it has, at once or later. It may throw: that fails the
 *   step (`ML2003`), so call user functions inside a try and hand what they throw to `context.failed`.
 * - `watermark` comes when event time has moved on, after the records it covers; `time` only grows. Without the method it
 *   is passed on; with it, the task passes it on itself, after emitting what it was waiting for.
 * - `idle` comes when live input has fallen silent; without the method it is passed on.
 * - `end` comes once, after the last record; the engine then ends those downstream. A task that waits for something
 *   outside returns a promise.
 * - `close` comes last, also after a failure: let go of what lives outside.
 */
export interface Task<In> {
  record(value: In): void;
  /**
   * Comes before the records of a batch of bytes, with the bytes and bounds of all of them as in `ByteBatch`, to a step that
   * reads byte sources directly: for checks that are cheaper over many records. Batches of several sources may interleave: one
   * is interrupted by another when the pipeline was held back in its middle.
   */
  block?(bytes: Uint8Array, bounds: Int32Array, size: number): void;
  watermark?(time: number): void;
  idle?(): void;
  end?(): void | Promise<void>;
  close?(): void;
  /** Resolves when nothing is under way outside: awaited when the pipeline stops before its input ends, for a bounded time. */
  settle?(): Promise<void>;
  /** Figures of its own for `/status`; plain data. */
  status?(): Record<string, unknown>;
  /** Why nothing comes out just now, in a sentence, if it waits for something: for `explain()` on a running pipeline. */
  waitsFor?(): string | undefined;
}

/** What a step does when that is to call one function on each value and nothing else. */
export interface PureRule {
  /** `"map"`: the value becomes what `call` returns. `"filter"`: it goes on when `call` returns something truthy. */
  readonly kind: "map" | "filter";
  // biome-ignore lint/suspicious/noExplicitAny: the builder has checked that the values fit
  readonly call: (value: any) => unknown;
}

/** What a step that merges by parts hands on of its part: `bytes` for the step that merges. */
export interface PartialResult {
  /** Says which bytes must meet: those with the same number go to the same task. Any whole number of 32 bits, well spread. */
  readonly hash: number;
  readonly bytes: Uint8Array;
}

/**
 * How a step works when each partition of the source is a task of its own, perhaps in another process:
 * - `partition`: on each partition by itself, whatever state it keeps.
 * - `clock`: likewise, and it needs to see the records in the order of their partition: not behind an exchange.
 * - `key`: gives records the key by which an exchange may bring them together.
 * - `merge`: each task makes a part of the result (`partial`), and another task puts the parts together (`merged`). What is
 *   behind a `keyBy` needs no parts. Side outputs are those of `partial`.
 * - `single`: needs all records of the stream in one task.
 */
export type Spread =
  | { readonly kind: "partition" | "clock" | "key" | "single" }
  | {
      readonly kind: "merge";
      // biome-ignore lint/suspicious/noExplicitAny: what goes in and comes out is the step's own matter
      readonly partial: Operator<any, PartialResult>;
      // biome-ignore lint/suspicious/noExplicitAny: as above
      readonly merged: Operator<Slice, any>;
    };

/** A step's rule. A description until `open`: the same operator object may be run many times, and must not keep state itself. */
export interface Operator<in In, out Out> {
  /** Its kind, for people and metrics: `"map"`, `"tumbling window"`. */
  readonly kind: string;
  /** Changes whenever stored state of the step can no longer be read; kept in each checkpoint. Undefined: the step has no state. */
  readonly stateVersion?: string | undefined;
  /** A line on how it is set, for `explain()`: `"1m, 1h; lag 5s"`. */
  readonly details?: string | undefined;
  /** Names of its side outputs. */
  readonly sides?: readonly string[] | undefined;
  readonly onError?: OnError | undefined;
  /** Given by operators without state, timers or outputs of their own: the engine may then run several of them as one function. */
  readonly pure?: PureRule | undefined;
  /**
   * How it works over several partitions, each a task of its own. Without it, a step that keeps no state works on each
   * partition by itself, and one that does needs all records of a key in one task: a `keyBy` before it.
   */
  readonly spread?: Spread | undefined;
  open(context: OperatorContext<Out>): Task<In>;
}
