import type { Operator } from "../core/operator.ts";
import type { StepOptions } from "./map.ts";

/** Only the records for which `keep` returns true go on. What it leaves out is wanted to be gone: it is counted as in, not out, and nothing else. */
export function filter<T>(keep: (value: T) => boolean, options: StepOptions = {}): Operator<T, T> {
  return {
    kind: "filter",
    onError: options.onError,
    pure: { kind: "filter", call: keep },
    open: (context) => ({
      record: (value) => {
        let kept: boolean;
        try {
          kept = keep(value);
        } catch (thrown) {
          context.failed(thrown);
          return;
        }
        if (kept) context.emit(value);
      },
    }),
  };
}
