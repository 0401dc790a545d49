import type { Sink } from "../core/sink.ts";
import type { Source } from "../core/source.ts";
import type { Exchanged } from "../operators/exchange/exchanged.ts";
import type { Plan, SinkStep, SourceStep } from "../plan/plan.ts";

/** Where a stage reads: a source of the pipeline, or the exchange in which the stage before it ends. */
export type StageInput =
  | { readonly kind: "source"; readonly step: SourceStep }
  | { readonly kind: "exchange"; readonly id: string };

/**
 * A part of a pipeline that runs on each partition of its input by itself: one task a partition. What needs records of all
 * partitions together begins another stage, which reads them from an exchange.
 */
export interface Stage {
  /** The source step's id, or the exchange's: that of the step for which records are exchanged. */
  readonly id: string;
  readonly input: StageInput;
  /** Id of the source step in the plan of a task. */
  readonly sourceId: string;
  /** Ids of the exchanges into which it writes. */
  readonly sendsTo: readonly string[];
  /** Ids of the pipeline's sinks into which it writes. */
  readonly writesTo: readonly string[];
  /** Whether any step of it keeps state, so that its tasks need a changelog. */
  readonly stateful: boolean;
  /**
   * The plan of one task. Ids of steps that the engine put in have a colon in them, which those of a pipeline have not. Not
   * for more than one run at a time.
   */
  plan(ends: StageEnds): Plan;
}

/** What a task's plan is put together with. */
export interface StageEnds {
  /** One partition of the stage's input. Of an exchange: the bytes of each {@link Exchanged}. */
  readonly source: Source<unknown>;
  // biome-ignore lint/suspicious/noExplicitAny: a plan holds sinks of every type
  readonly sink: (step: SinkStep) => Sink<any>;
  readonly exchange: (id: string) => { readonly sink: Sink<Exchanged>; readonly partitions: number };
  /** The task's input partition: the name under which it tells its event time, whoever runs it. */
  readonly from: string;
  /** How many partitions the stage's input has now. */
  readonly total: () => number;
  /**
   * Where the input is to end: each source partition's end as this member took it when it started, by the names that `from` has
   * for them. Undefined when it goes on for ever.
   */
  readonly ends: ReadonlyMap<string, number> | undefined;
  /** Called once, in a task that reads an exchange: all who write into it have ended, and so is its source to. */
  readonly onEnded: () => void;
}
