import type { Operator } from "../core/operator.ts";
import type { Sink } from "../core/sink.ts";
import type { Source } from "../core/source.ts";

/** Where a step gets its records: another step's main output, or the side output named `port`. */
export interface Input {
  readonly from: string;
  readonly port?: string | undefined;
}

/** A step that brings records in. */
export interface SourceStep {
  readonly type: "source";
  readonly id: string;
  readonly source: Source<unknown>;
  readonly inputs: readonly Input[];
}

/** A step that works on records. */
export interface OperatorStep {
  readonly type: "operator";
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a plan holds operators of every type; the builder has checked that they fit
  readonly operator: Operator<any, any>;
  readonly inputs: readonly Input[];
}

/** A step that brings records out. */
export interface SinkStep {
  readonly type: "sink";
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: as for operators
  readonly sink: Sink<any>;
  readonly inputs: readonly Input[];
}

/** A step of any type. */
export type Step = SourceStep | OperatorStep | SinkStep;

/**
 * A pipeline as frozen data: what stands between the builder, which makes it, and the runtime, which runs it.
 * Steps are in an order in which each comes after those it gets records from.
 */
export interface Plan {
  readonly steps: readonly Step[];
  /** The id of the sink step that takes what every step refuses, if there is one. */
  readonly deadLetters: string | undefined;
}

/** Whether every source that leads to the step is live, so that silence means something there. */
export function isLive(plan: Plan, id: string): boolean {
  const sources = sourcesOf(plan, [id]);
  return sources.length > 0 && sources.every((step) => step.source.traits.live);
}

/** The sources that lead to any of the steps. Each step between is looked at once, however many ways lead through it. */
export function sourcesOf(plan: Plan, ids: readonly string[]): SourceStep[] {
  const seen = new Set<string>();
  const found: SourceStep[] = [];
  const visit = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const step = stepOf(plan, id);
    if (step.type === "source") found.push(step);
    for (const input of step.inputs) visit(input.from);
  };
  for (const id of ids) visit(id);
  return found;
}

/** The step of that id, which must be in the plan. */
export function stepOf(plan: Plan, id: string): Step {
  return plan.steps.find((step) => step.id === id)!;
}
