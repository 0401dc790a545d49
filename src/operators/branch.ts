import type { Operator } from "../core/operator.ts";
import type { StepOptions } from "./map.ts";

/** Sends each record to the side output of the first condition that holds for it, and to the main output when none does. */
export function branch<T>(
  conditions: Readonly<Record<string, (value: T) => boolean>>,
  options: StepOptions = {},
): Operator<T, T> {
  const branches = Object.entries(conditions);
  return {
    kind: "branch",
    details: branches.map(([name]) => name).join(", "),
    sides: branches.map(([name]) => name),
    onError: options.onError,
    open: (context) => ({
      record: (value) => {
        let chosen: string | undefined;
        try {
          chosen = branches.find(([, holds]) => holds(value))?.[0];
        } catch (thrown) {
          context.failed(thrown);
          return;
        }
        if (chosen === undefined) context.emit(value);
        else context.side(chosen, value);
      },
    }),
  };
}
