import type { Delivery } from "../core/sink.ts";
import type { Input, Plan, Step } from "./plan.ts";
import { sourcesOf, stepOf } from "./plan.ts";

/** What reaches a sink, given its sources and whether the run takes checkpoints; `why` says what keeps it from being more. */
export interface EdgePromise {
  readonly delivery: Delivery | "at-most-once";
  readonly why: string;
}

/** What the edge into sink step `id` promises across a crash. */
export function promiseOf(plan: Plan, id: string, checkpointed: boolean): EdgePromise {
  const sink = stepOf(plan, id);
  if (sink.type !== "sink") return { delivery: "at-most-once", why: "not a sink" };
  const sources = sourcesOf(plan, plan.deadLetters === id ? plan.steps.map((step) => step.id) : [id]);
  const lost = sources.find((step) => !step.source.traits.replayable);
  if (lost !== undefined) {
    return { delivery: "at-most-once", why: `${lost.source.traits.name} cannot be read again after a crash` };
  }
  if (!checkpointed) {
    return {
      delivery: "at-least-once",
      why: "without a state directory a crashed run starts again from the beginning",
    };
  }
  return { delivery: sink.sink.traits.delivery, why: sink.sink.traits.name };
}

function titleOf(step: Step): string {
  if (step.type === "source") return step.source.traits.name;
  if (step.type === "sink") return step.sink.traits.name;
  const details = step.operator.details;
  return details === undefined ? step.operator.kind : `${step.operator.kind}: ${details}`;
}

function origin(input: Input): string {
  return input.port === undefined ? input.from : `${input.from}/${input.port}`;
}

/** The plan as lines of text: each step, what it reads from, what it does, and what each sink is promised. */
export function planText(plan: Plan, options: { readonly checkpointed: boolean }): string {
  const width = Math.max(...plan.steps.map((step) => step.id.length));
  const lines: string[] = [];
  for (const step of plan.steps) {
    const from = step.inputs.map(origin).join(", ");
    const reads = plan.deadLetters === step.id ? "<- what any step refuses" : from === "" ? "" : `<- ${from}`;
    lines.push(`${step.id.padEnd(width)}  ${titleOf(step)}  ${reads}`.trimEnd());
    if (step.type === "operator" && step.operator.stateVersion !== undefined) {
      lines.push(`${" ".repeat(width)}  keeps state, layout ${step.operator.stateVersion}`);
    }
    if (step.type === "sink") {
      const promise = promiseOf(plan, step.id, options.checkpointed);
      lines.push(`${" ".repeat(width)}  ${promise.delivery}: ${promise.why}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** The plan as a Mermaid flow chart; edges into sinks carry what they promise. */
export function planMermaid(plan: Plan, options: { readonly checkpointed: boolean }): string {
  const names = new Map(plan.steps.map((step, index) => [step.id, `s${index}`]));
  const lines = ["flowchart LR"];
  for (const step of plan.steps) {
    const text = `"${escapeLabel(step.id)}<br/><small>${escapeLabel(titleOf(step))}</small>"`;
    const shape = step.type === "operator" ? `[${text}]` : `([${text}])`;
    lines.push(`  ${names.get(step.id)}${shape}`);
  }
  for (const step of plan.steps) {
    const label = step.type === "sink" ? promiseOf(plan, step.id, options.checkpointed).delivery : undefined;
    for (const input of step.inputs) {
      const words = [input.port, label].filter((word) => word !== undefined).join(", ");
      const arrow = words === "" ? "-->" : `-->|"${escapeLabel(words)}"|`;
      lines.push(`  ${names.get(input.from)} ${arrow} ${names.get(step.id)}`);
    }
    if (plan.deadLetters === step.id) {
      for (const other of plan.steps) {
        if (other.type !== "sink") lines.push(`  ${names.get(other.id)} -.->|refused| ${names.get(step.id)}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function escapeLabel(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
