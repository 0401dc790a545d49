import { DDSketch } from "@datadog/sketches-js";
import { MillraceError } from "../../core/errors.ts";
import { type Aggregate, type SlotRule, slotFamily } from "./aggregate.ts";
import { finite } from "./numbers.ts";

/** How good the values of `quantile` are. */
export interface QuantileOptions {
  /** Relative error of each value at most, 0.001 to 0.2; 0.01 if not given. */
  readonly error?: number;
}

/**
 * The values below which the given shares of the records' numbers lie: `quantile((r) => r.ms, [0.5, 0.99])` gives the median
 * and the 99th percentile, in that order. Each is within the relative error of the number at rank `floor(share * (n - 1))`
 * of the sorted ones. A number that is not finite fails the record. Throws `ML1002` on shares outside of 0 to 1.
 *
 * The sketch is DDSketch (C. Masson, J. Rim, H. Lee, VLDB 2019): 8 bytes for each bin between the smallest and the largest
 * number, at 1 % about 115 bins a power of ten, and 1.1 MB at the very most.
 */
export function quantile<In>(
  of: (value: In) => number,
  shares: readonly number[],
  options: QuantileOptions = {},
): Aggregate<In, readonly number[]> {
  const { error = 0.01 } = options;
  if (!(error >= 0.001 && error <= 0.2)) throw bad(`quantile takes an error from 0.001 to 0.2, not ${error}`);
  if (shares.length === 0 || !shares.every((share) => share >= 0 && share <= 1)) {
    throw bad(`quantile takes shares from 0 to 1, not [${shares.join(", ")}]`);
  }
  const rule = sketchRule([...shares], error);
  return {
    kind: "quantile",
    version: `1.${error}`,
    input: (value) => finite("quantile", of(value)),
    family: () => slotFamily(rule),
  };
}

type Store = DDSketch["store"];
type Saved = [zeroes: number, min: number, max: number, bins: number[], negativeBins: number[]];

// Merging and storing go by the bins: the library's merge (2.1.1) leaves out numbers below 0, and its protobuf form
// needs a package it does not bring along, and loses the smallest and largest number.
function sketchRule(shares: readonly number[], error: number): SlotRule<DDSketch, number, readonly number[]> {
  const empty = () => new DDSketch({ relativeAccuracy: error });
  const load = (saved: unknown) => {
    const sketch = empty();
    include(sketch, saved as Saved);
    return sketch;
  };
  return {
    empty,
    add: (sketch, value) => sketch.accept(value),
    merge: (sketch, other) => include(sketch, saved(other)),
    result: (sketch) =>
      shares.map((share) => Math.min(sketch.max, Math.max(sketch.min, sketch.getValueAtQuantile(share)))),
    save: saved,
    load,
    cut,
  };
}

/** So many bins fit a piece: a bin is two numbers of some digits. */
const pieceBins = 8 * 1024;

function cut(whole: unknown): readonly [head: Saved, rest?: Saved] {
  const [zeroes, min, max, bins, negativeBins] = whole as Saved;
  const headBins = bins.slice(0, 2 * pieceBins);
  const headNegativeBins = negativeBins.slice(0, 2 * pieceBins - headBins.length);
  const head: Saved = [zeroes, min, max, headBins, headNegativeBins];
  const rest: Saved = [0, min, max, bins.slice(headBins.length), negativeBins.slice(headNegativeBins.length)];
  return rest[3].length + rest[4].length === 0 ? [head] : [head, rest];
}

function saved(sketch: DDSketch): Saved {
  return [sketch.zeroCount, sketch.min, sketch.max, binsOf(sketch.store), binsOf(sketch.negativeStore)];
}

function include(sketch: DDSketch, [zeroes, min, max, bins, negativeBins]: Saved): void {
  const before = sketch.store.count + sketch.negativeStore.count;
  addBins(sketch.store, bins);
  addBins(sketch.negativeStore, negativeBins);
  sketch.zeroCount += zeroes;
  sketch.count += zeroes + sketch.store.count + sketch.negativeStore.count - before;
  sketch.min = Math.min(sketch.min, min);
  sketch.max = Math.max(sketch.max, max);
}

/** The bins in use, as pairs of number and count. */
function binsOf(store: Store): number[] {
  return store.bins.flatMap((count, i) => (count === 0 ? [] : [i + store.offset, count]));
}

function addBins(store: Store, bins: readonly number[]): void {
  for (let i = 0; i < bins.length; i += 2) store.add(bins[i]!, bins[i + 1]!);
}

function bad(message: string): MillraceError {
  return new MillraceError("ML1002", { message });
}
