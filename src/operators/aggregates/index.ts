export { type Aggregate, type AggregateFamily, type Sharing, type SlotRule, slotFamily } from "./aggregate.ts";
export { count } from "./count.ts";
export { distinct } from "./distinct.ts";
export { type DistinctApproxOptions, distinctApprox } from "./distinct-approx.ts";
export { max, min } from "./extremes.ts";
export type { DistinctKey } from "./key-words.ts";
export { mean } from "./mean.ts";
export { type QuantileOptions, quantile } from "./quantile.ts";
export { sum } from "./sum.ts";
