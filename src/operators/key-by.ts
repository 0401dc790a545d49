import type { Operator } from "../core/operator.ts";
import type { StepOptions } from "./map.ts";

/** What a key may be: it names state, so it must be the same value in every run. */
export type Key = string | number;

/** Gives each record a key: the steps behind keep their state, and their order, by key. A record whose key is no {@link Key} is a dead letter. */
export function keyBy<T>(key: (value: T) => Key, options: StepOptions = {}): Operator<T, T> {
  return {
    kind: "keyBy",
    spread: { kind: "key" },
    onError: options.onError,
    open: (context) => ({
      record: (value) => {
        let found: Key;
        try {
          found = key(value);
        } catch (thrown) {
          context.failed(thrown);
          return;
        }
        if (typeof found === "string" || Number.isFinite(found)) context.emitKeyed(found, value);
        else context.deadLetter("no key");
      },
    }),
  };
}
