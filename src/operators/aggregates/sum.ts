import { type Aggregate, type SlotRule, slotFamily } from "./aggregate.ts";
import { finite, fromJson, toJson } from "./numbers.ts";

/** A sum that carries what rounding took from it. */
export interface RunningSum {
  sum: number;
  lost: number;
}

/**
 * Adds a number, and keeps what rounding loses beside the sum, so that a million small numbers on top of a large one count.
 * Algorithm: Kahan's summation in A. Neumaier's form (ZAMM 54, 1974).
 */
export function addTo(state: RunningSum, value: number): void {
  const sum = state.sum + value;
  const larger = Math.abs(state.sum) >= Math.abs(value);
  state.lost += larger ? state.sum - sum + value : value - sum + state.sum;
  state.sum = sum;
}

/** The sum, with what rounding lost given back. Too large for a number, it is an infinity. */
export function totalOf(state: RunningSum): number {
  return Number.isFinite(state.sum) ? state.sum + state.lost : state.sum;
}

const rule: SlotRule<RunningSum, number, number> = {
  empty: () => ({ sum: 0, lost: 0 }),
  add: addTo,
  merge: (state, other) => {
    addTo(state, other.sum);
    state.lost += other.lost;
  },
  result: totalOf,
  save: (state) => [toJson(state.sum), toJson(state.lost)],
  load: (saved) => {
    const [sum, lost] = saved as unknown[];
    return { sum: fromJson(sum), lost: fromJson(lost) };
  },
};

/** The sum of a number of each record, rounded about once however many there are. A number that is not finite fails the record. */
export function sum<In>(of: (value: In) => number): Aggregate<In, number> {
  return { kind: "sum", version: "1", input: (value) => finite("sum", of(value)), family: () => slotFamily(rule) };
}
