import type { DeadLetter } from "../core/dead-letter.ts";
import { MillraceError } from "../core/errors.ts";
import type { Sink } from "../core/sink.ts";
import { planMermaid, planText } from "../plan/describe.ts";
import type { Plan } from "../plan/plan.ts";
import type { Platform } from "../runtime/platform.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import { type Draft, freeze } from "./draft.ts";
import { type RunOptions, runPlan } from "./run.ts";

/** How a pipeline is explained. */
export interface ExplainOptions {
  /** Default `"text"`. */
  readonly format?: "text" | "mermaid" | undefined;
  /** Whether it runs with a folder for its state. */
  readonly state?: boolean | undefined;
  /** Where it runs, if not on its own. */
  readonly on?: Platform | undefined;
}

/** A pipeline from its sources to its sinks: a description that can be explained, and run as often as one likes. */
export class Pipeline {
  readonly #ends: readonly Draft[];
  readonly #deadLetters: Draft | undefined;
  #plan: Plan | undefined;

  /** @internal Pipelines come from `Stream.to`. */
  constructor(ends: readonly Draft[], deadLetters?: Draft) {
    this.#ends = ends;
    this.#deadLetters = deadLetters;
  }

  /** This pipeline and others as one, which runs, checkpoints and stops as a whole. Steps they share run once. */
  and(...others: readonly Pipeline[]): Pipeline {
    const letters = [this, ...others].map((one) => one.#deadLetters).filter((one) => one !== undefined);
    if (new Set(letters).size > 1) throw severalLetters();
    return new Pipeline(
      [this, ...others].flatMap((one) => one.#ends),
      letters[0],
    );
  }

  /**
   * Keeps every record that any step refuses, with the reason, its place and its bytes. Without it they are counted only.
   * Throws `ML1001` when the pipeline has such an output already.
   */
  deadLetters(id: string, sink: Sink<DeadLetter>): Pipeline {
    if (this.#deadLetters !== undefined) throw severalLetters();
    return new Pipeline(this.#ends, { type: "sink", id, sink, inputs: [] });
  }

  /** The pipeline as frozen data: what the runtime gets to see. Throws `ML1001` when it is not put together rightly. */
  get plan(): Plan {
    this.#plan ??= freeze(this.#ends, this.#deadLetters);
    return this.#plan;
  }

  /** What it does and what each of its sinks is promised, as text or as a Mermaid flow chart. */
  explain(options: ExplainOptions = {}): string {
    const { format, state = false, on } = options;
    const render = format === "mermaid" ? planMermaid : planText;
    return render(on?.planned(this.plan) ?? this.plan, { checkpointed: state || on !== undefined });
  }

  /**
   * Starts it. `done` resolves when its input has ended or it was stopped, and all is safe. When it fails and nobody has
   * asked for `done`, the failure goes to the logger, or is a warning of the process without one, and the exit code is 1.
   */
  run(options: RunOptions = {}): RunningPipeline {
    return runPlan(this.plan, options);
  }
}

function severalLetters(): MillraceError {
  return new MillraceError("ML1001", { message: "a pipeline has one dead-letter output, and here are several" });
}
