import { type Aggregate, type SlotRule, slotFamily } from "./aggregate.ts";

const rule: SlotRule<{ n: number }, unknown, number> = {
  empty: () => ({ n: 0 }),
  add: (state) => void state.n++,
  merge: (state, other) => void (state.n += other.n),
  result: (state) => state.n,
  save: (state) => state.n,
  load: (saved) => ({ n: Number(saved) }),
};

/** How many records are in the window. */
export function count(): Aggregate<unknown, number> {
  return { kind: "count", version: "1", input: () => undefined, family: () => slotFamily(rule) };
}
