import { MillraceError } from "../core/errors.ts";
import type { Plan, Step } from "./plan.ts";

const idForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Freezes steps into a plan. Throws `ML1001` when two steps share an id, an id cannot be a name of state and metrics, a
 * side output does not exist, or there is nothing to run.
 */
export function planOf(steps: readonly Step[], deadLetters?: string): Plan {
  if (steps.length === 0) throw wrong("a pipeline needs a source and a sink");
  const seen = new Map<string, Step>();
  for (const step of steps) {
    checkId(step.id, seen);
    for (const input of step.inputs) checkInput(step.id, input.from, input.port, seen);
    seen.set(step.id, step);
  }
  return Object.freeze({ steps: Object.freeze(steps.map(frozen)), deadLetters });
}

function frozen(step: Step): Step {
  for (const input of step.inputs) Object.freeze(input);
  Object.freeze(step.inputs);
  return Object.freeze(step);
}

function checkId(id: string, seen: ReadonlyMap<string, Step>): void {
  if (seen.has(id)) throw wrong(`two steps are called "${id}": ids name state and metrics, so each step needs its own`);
  if (!idForm.test(id)) {
    throw wrong(
      `"${id}" cannot be a step's id: up to 64 letters, digits, dots, dashes and underscores, a letter or digit first`,
    );
  }
}

function checkInput(id: string, from: string, port: string | undefined, seen: ReadonlyMap<string, Step>): void {
  const step = seen.get(from);
  if (step === undefined) throw wrong(`step "${id}" reads from "${from}", which comes after it or is not there`);
  if (port === undefined) return;
  const sides = step.type === "operator" ? (step.operator.sides ?? []) : [];
  if (!sides.includes(port)) {
    const known = sides.length === 0 ? "it has none" : `it has ${sides.join(", ")}`;
    throw wrong(`step "${from}" has no side output "${port}": ${known}`);
  }
}

function wrong(message: string): MillraceError {
  return new MillraceError("ML1001", { message });
}
