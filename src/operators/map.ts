import type { OnError, Operator } from "../core/operator.ts";

/** What the steps that call a function of the user's take besides it. */
export interface StepOptions {
  /** What to do with a record at which the function throws: `"fail"` (default), `"skip"` (counted) or `"deadLetter"`. */
  readonly onError?: OnError | undefined;
}

/** Each record becomes what `change` returns for it. */
export function map<In, Out>(change: (value: In) => Out, options: StepOptions = {}): Operator<In, Out> {
  return {
    kind: "map",
    onError: options.onError,
    pure: { kind: "map", call: change },
    open: (context) => ({
      record: (value) => {
        let changed: Out;
        try {
          changed = change(value);
        } catch (thrown) {
          context.failed(thrown);
          return;
        }
        context.emit(changed);
      },
    }),
  };
}
