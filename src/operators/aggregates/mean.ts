import { type Aggregate, type SlotRule, slotFamily } from "./aggregate.ts";
import { finite, fromJson, toJson } from "./numbers.ts";
import { addTo, type RunningSum, totalOf } from "./sum.ts";

const rule: SlotRule<RunningSum & { n: number }, number, number> = {
  empty: () => ({ sum: 0, lost: 0, n: 0 }),
  add: (state, value) => {
    addTo(state, value);
    state.n++;
  },
  merge: (state, other) => {
    addTo(state, other.sum);
    state.lost += other.lost;
    state.n += other.n;
  },
  result: (state) => totalOf(state) / state.n,
  save: (state) => [toJson(state.sum), toJson(state.lost), state.n],
  load: (saved) => {
    const [sum, lost, n] = saved as unknown[];
    return { sum: fromJson(sum), lost: fromJson(lost), n: Number(n) };
  },
};

/** The arithmetic mean of a number of each record. A number that is not finite fails the record. */
export function mean<In>(of: (value: In) => number): Aggregate<In, number> {
  return { kind: "mean", version: "1", input: (value) => finite("mean", of(value)), family: () => slotFamily(rule) };
}
