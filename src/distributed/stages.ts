import { MillraceError } from "../core/errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { Stage } from "./stage.ts";

/**
 * Cuts a plan into stages for a source of so many partitions, each stage after those that write into what it reads. With one
 * partition nothing is exchanged: each source is a stage. Throws `ML1001` at a step that cannot work over several.
 */
export function stagesOf(plan: Plan, partitions: number): readonly Stage[] {
  const [source, ...others] = plan.steps.filter((step) => step.type === "source");
  if (partitions > 1 || source === undefined || others.length > 0) {
    throw new MillraceError("ML1001", { message: "pipelines of one source with one partition only, so far" });
  }
  const stage: Stage = {
    id: source.id,
    input: { kind: "source", step: source },
    sourceId: source.id,
    sendsTo: [],
    writesTo: plan.steps.flatMap((step) => (step.type === "sink" ? [step.id] : [])),
    stateful: plan.steps.some((step) => step.type === "operator" && step.operator.stateVersion !== undefined),
    plan: (ends) => ({
      steps: plan.steps.map((step) => {
        if (step.type === "source") return { ...step, source: ends.source };
        return step.type === "sink" ? { ...step, sink: ends.sink(step) } : step;
      }),
      deadLetters: plan.deadLetters,
    }),
  };
  return [stage];
}
