import type { Operator } from "../core/operator.ts";
import type { Sink } from "../core/sink.ts";
import type { Source } from "../core/source.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { planOf } from "../plan/validate.ts";

/** What a draft reads from: another draft's main output, or one of its side outputs. */
export interface DraftInput {
  readonly draft: Draft;
  readonly port?: string | undefined;
}

/** A step while the pipeline is being built: it knows those before it, and never changes. */
export type Draft =
  | { readonly type: "source"; readonly id: string; readonly source: Source<unknown>; readonly inputs: readonly [] }
  | {
      readonly type: "operator";
      readonly id: string;
      // biome-ignore lint/suspicious/noExplicitAny: the fluent types have checked that steps fit; here they meet unnamed
      readonly operator: Operator<any, any>;
      readonly inputs: readonly DraftInput[];
    }
  | {
      readonly type: "sink";
      readonly id: string;
      // biome-ignore lint/suspicious/noExplicitAny: as above
      readonly sink: Sink<any>;
      readonly inputs: readonly DraftInput[];
    };

/** Freezes everything that leads to `ends` into a plan: sources first, each step after those it reads from. */
export function freeze(ends: readonly Draft[], deadLetters: Draft | undefined): Plan {
  const order: Draft[] = [];
  const seen = new Set<Draft>();
  const visit = (draft: Draft): void => {
    if (seen.has(draft)) return;
    seen.add(draft);
    for (const input of draft.inputs) visit(input.draft);
    order.push(draft);
  };
  for (const end of ends) visit(end);
  if (deadLetters !== undefined) visit(deadLetters);
  return planOf(order.map(stepOf), deadLetters?.id);
}

function stepOf(draft: Draft): Step {
  const inputs = draft.inputs.map((input) => ({ from: input.draft.id, port: input.port }));
  if (draft.type === "source") return { type: "source", id: draft.id, source: draft.source, inputs };
  if (draft.type === "operator") return { type: "operator", id: draft.id, operator: draft.operator, inputs };
  return { type: "sink", id: draft.id, sink: draft.sink, inputs };
}
