import { MillraceError } from "../core/errors.ts";
import type { Input, OperatorStep, Plan, SinkStep, SourceStep, Step } from "../plan/plan.ts";
import { wrongOver } from "./refusals.ts";

/** A step of a stage: one of the pipeline's, or the one that sends what comes from `step` into an exchange. */
export type StagePart =
  | { readonly kind: "step"; readonly step: OperatorStep | SinkStep }
  | { readonly kind: "send"; readonly step: OperatorStep; readonly what: "records" | "parts" };

/** What a stage consists of, in an order in which each step comes after those it reads. */
export interface CutStage {
  readonly id: string;
  /** The source; for a stage behind an exchange the step for which records are exchanged. */
  readonly head: SourceStep | OperatorStep;
  /** Whether all records of a key meet in it. */
  readonly keyed: boolean;
  readonly parts: StagePart[];
}

/** Where the output of a step can be read: in which stage, and from which step there. */
interface Outlet {
  readonly stage: CutStage;
  readonly from: string;
}

/** Cuts a plan, at sources only or, if they have several partitions, wherever records must meet. Throws `ML1001` at a step that cannot work so. */
export function cutPlan(plan: Plan, several: boolean): CutStage[] {
  return new Cut(plan, several).stages;
}

/** The step that takes records out of an exchange in the plan of a task. */
export function receiverId(exchange: string): string {
  return `${exchange}:receive`;
}

class Cut {
  readonly stages: CutStage[] = [];
  readonly #plan: Plan;
  readonly #several: boolean;
  readonly #main = new Map<string, Outlet>();
  readonly #sides = new Map<string, Outlet>();

  constructor(plan: Plan, several: boolean) {
    this.#plan = plan;
    this.#several = several;
    for (const step of plan.steps) {
      if (step.type === "source") this.#begin(step.id, step, false, step.id);
      else if (step.type === "sink") this.#addSink(step);
      else this.#addOperator(step);
    }
  }

  /** A new stage; the step of that id is read in it under the name `from`. */
  #begin(id: string, head: CutStage["head"], keyed: boolean, from: string): CutStage {
    const stage: CutStage = { id, head, keyed, parts: [] };
    this.stages.push(stage);
    this.#main.set(id, { stage, from });
    return stage;
  }

  #addSink(step: SinkStep): void {
    // It takes what is refused in any stage, and is put into each.
    if (step.id === this.#plan.deadLetters && step.inputs.length === 0) return;
    this.#place(step).parts.push({ kind: "step", step: this.#rewired(step) });
  }

  #addOperator(step: OperatorStep): void {
    const { spread } = step.operator;
    const stage = this.#place(step);
    const isKey = this.#several && spread?.kind === "key" && this.#mustMeet(step.id);
    const isMerge = this.#several && spread?.kind === "merge" && !stage.keyed;
    if (this.#several && !isKey && !isMerge) {
      const message = wrongOver(step, stage.keyed, stage.head.type !== "source");
      if (message !== undefined) throw new MillraceError("ML1001", { message, step: step.id });
    }
    const own = this.#rewired(step);
    const operator = isMerge ? spread.partial : step.operator;
    stage.parts.push({ kind: "step", step: { ...own, operator } });
    this.#sides.set(step.id, { stage, from: step.id });
    if (isKey || isMerge) {
      stage.parts.push({ kind: "send", step, what: isKey ? "records" : "parts" });
      this.#receive(step, isMerge ? { ...step, operator: spread.merged } : undefined, isKey);
    } else this.#main.set(step.id, { stage, from: step.id });
  }

  #receive(step: OperatorStep, merged: OperatorStep | undefined, keyed: boolean): void {
    const receiver = receiverId(step.id);
    const stage = this.#begin(step.id, step, keyed, merged === undefined ? receiver : step.id);
    if (merged === undefined) return;
    stage.parts.push({ kind: "step", step: { ...merged, inputs: [{ from: receiver }] } });
  }

  /** The stage in which all inputs of a step can be read. */
  #place(step: Step): CutStage {
    const stages = new Set(step.inputs.map((input) => this.#outletOf(input).stage));
    const [stage, ...others] = stages;
    if (stage !== undefined && others.length === 0) return stage;
    const names = [...stages].map(({ id }) => `"${id}"`).join(" and ");
    throw new MillraceError("ML1001", {
      step: step.id,
      message: `a step cannot read from ${names} at once, which run as tasks of their own: give each its own step and sink`,
    });
  }

  #rewired<S extends OperatorStep | SinkStep>(step: S): S {
    const inputs = step.inputs.map((input) => ({ ...input, from: this.#outletOf(input).from }));
    return { ...step, inputs };
  }

  #outletOf({ from, port }: Input): Outlet {
    return (port === undefined ? this.#main : this.#sides).get(from)!;
  }

  /** Whether a step behind this `keyBy` keeps state by key: without one, nothing need be exchanged. */
  #mustMeet(id: string): boolean {
    const behind = new Set([id]);
    // Steps come after those they read, so that one pass finds all.
    return this.#plan.steps.some((step) => {
      if (step.type !== "operator" || !step.inputs.some(({ from }) => behind.has(from))) return false;
      const { spread, stateVersion } = step.operator;
      if (spread?.kind !== "key") behind.add(step.id);
      return stateVersion !== undefined && (spread === undefined || spread.kind === "merge");
    });
  }
}
