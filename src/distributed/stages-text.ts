import type { Sink } from "../core/sink.ts";
import { planText } from "../plan/describe.ts";
import type { Plan } from "../plan/plan.ts";
import type { Stage } from "./stage.ts";
import { stagesOf } from "./stages.ts";

/**
 * How a plan runs over a source of so many partitions, as text: its stages, what each of their tasks does, and what goes through which
 * exchange. Throws as {@link stagesOf}.
 */
export function stagesText(plan: Plan, partitions: number): string {
  return stagesOf(plan, partitions)
    .map((stage) => stageText(stage, partitions))
    .join("\n");
}

function stageText(stage: Stage, partitions: number): string {
  const { input } = stage;
  const name = input.kind === "source" ? input.step.source.traits.name : `exchange "${input.id}"`;
  const tasks = partitions === 1 ? "one task" : `${partitions} tasks, one a partition`;
  const open = () => Promise.reject(new Error("a task that is only described does not run"));
  const task = stage.plan({
    source: { traits: { name, replayable: true, live: true }, open },
    sink: ({ sink }) => sink,
    exchange: (id) => ({ partitions, sink: exchangeSink(id) }),
    from: "",
    total: () => partitions,
    ends: undefined,
    onEnded: () => {},
  });
  const lines = planText(task, { checkpointed: true }).trimEnd().split("\n");
  return `stage "${stage.id}": ${tasks} of ${name}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function exchangeSink(id: string): Sink<unknown> {
  const open = () => Promise.reject(new Error("a task that is only described does not run"));
  return { traits: { name: `exchange "${id}"`, delivery: "exactly-once" }, open };
}
