import type { Operator } from "../core/operator.ts";
import type { StepOptions } from "./map.ts";

/**
 * Each record becomes what `expand` gives for it, none to many, in order. A generator is run lazily: one that throws has
 * already handed on what it gave before.
 */
export function flatMap<In, Out>(expand: (value: In) => Iterable<Out>, options: StepOptions = {}): Operator<In, Out> {
  return {
    kind: "flatMap",
    onError: options.onError,
    open: (context) => ({
      record: (value) => {
        try {
          for (const one of expand(value)) context.emit(one);
        } catch (thrown) {
          // What a later step threw comes by here too: the context knows it, and lets it pass.
          context.failed(thrown);
        }
      },
    }),
  };
}
