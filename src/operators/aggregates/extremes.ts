import { type Aggregate, type SlotRule, slotFamily } from "./aggregate.ts";
import { finite, fromJson, toJson } from "./numbers.ts";

/** The smallest of a number of each record. A number that is not finite fails the record. */
export function min<In>(of: (value: In) => number): Aggregate<In, number> {
  return { kind: "min", version: "1", input: (value) => finite("min", of(value)), family: () => slotFamily(smallest) };
}

/** The largest of a number of each record. A number that is not finite fails the record. */
export function max<In>(of: (value: In) => number): Aggregate<In, number> {
  return { kind: "max", version: "1", input: (value) => finite("max", of(value)), family: () => slotFamily(largest) };
}

function extreme(start: number, pick: (a: number, b: number) => number): SlotRule<{ at: number }, number, number> {
  return {
    empty: () => ({ at: start }),
    add: (state, value) => void (state.at = pick(state.at, value)),
    merge: (state, other) => void (state.at = pick(state.at, other.at)),
    result: (state) => state.at,
    save: (state) => toJson(state.at),
    load: (saved) => ({ at: fromJson(saved) }),
  };
}

const smallest = extreme(Number.POSITIVE_INFINITY, Math.min);
const largest = extreme(Number.NEGATIVE_INFINITY, Math.max);
