import type { Plan, SinkStep } from "../plan/plan.ts";
import { stepOf } from "../plan/plan.ts";
import { type CutStage, cutPlan } from "./cut.ts";
import type { Stage, StageInput } from "./stage.ts";
import { sourceIdOf, taskPlan } from "./task-plan.ts";

/**
 * Cuts a plan into stages for a source of so many partitions, each stage after those that write into what it reads. With one
 * partition nothing is exchanged: all that comes from a source is one stage. Throws `ML1001` at a step that cannot work over
 * several, and at one that reads from several stages.
 */
export function stagesOf(plan: Plan, partitions: number): readonly Stage[] {
  const deadLetters = plan.deadLetters === undefined ? undefined : (stepOf(plan, plan.deadLetters) as SinkStep);
  return cutPlan(plan, partitions > 1).map((cut) => stageOf(cut, deadLetters));
}

function stageOf(cut: CutStage, deadLetters: SinkStep | undefined): Stage {
  const exchanged = cut.head.type !== "source";
  const steps = cut.parts.flatMap((part) => (part.kind === "step" ? [part.step] : []));
  const sinks = steps.filter((step) => step.type === "sink").map(({ id }) => id);
  return {
    id: cut.id,
    input: inputOf(cut),
    sourceId: sourceIdOf(cut),
    sendsTo: cut.parts.flatMap((part) => (part.kind === "send" ? [part.step.id] : [])),
    writesTo: deadLetters === undefined ? sinks : [...sinks, deadLetters.id],
    stateful: exchanged || steps.some((step) => step.type === "operator" && step.operator.stateVersion !== undefined),
    plan: (ends) => taskPlan(cut, ends, deadLetters),
  };
}

function inputOf({ id, head }: CutStage): StageInput {
  return head.type === "source" ? { kind: "source", step: head } : { kind: "exchange", id };
}
