import { type Hash64, hash64 } from "./hash64.ts";

/** Which register a key falls into, and what it raises it to. One object is filled again and again. */
export interface Sighting {
  register: number;
  rank: number;
}

const hash: Hash64 = { high: 0, low: 0 };

/** The precision (registers are 2 to its power) at which the relative standard error is at most `error`. */
export function precisionFor(error: number): number {
  return Math.ceil(2 * Math.log2(1.04 / error));
}

/** Where a key falls among 2^`precision` registers: the hash's first bits name the register, its further ones the rank. */
export function sight(key: string | number, precision: number, into: Sighting): void {
  hash64(key, hash);
  into.register = hash.high >>> (32 - precision);
  const head = (hash.high << precision) | (hash.low >>> (32 - precision));
  const tail = (hash.low << precision) | 0;
  into.rank = 1 + (head === 0 ? 32 + Math.min(Math.clz32(tail), 32 - precision) : Math.clz32(head));
}

/**
 * How many different keys the registers have seen. Algorithm: the improved raw estimator of O. Ertl, "New cardinality
 * estimation algorithms for HyperLogLog sketches" (2017), algorithm 6: one formula from 0 keys to billions, without the
 * bias tables and the change of method that the older estimators need.
 */
export function estimate(registers: Uint8Array, precision: number): number {
  const ranks = 64 - precision;
  const histogram = new Float64Array(ranks + 2);
  for (const rank of registers) histogram[rank]!++;
  const m = registers.length;
  let z = m * tau(1 - histogram[ranks + 1]! / m);
  for (let rank = ranks; rank >= 1; rank--) z = 0.5 * (z + histogram[rank]!);
  z += m * sigma(histogram[0]! / m);
  return (m * m) / (2 * Math.LN2 * z);
}

function sigma(empty: number): number {
  if (empty === 1) return Number.POSITIVE_INFINITY;
  let x = empty;
  let weight = 1;
  let sum = empty;
  for (let before = -1; before !== sum; weight += weight) {
    x *= x;
    before = sum;
    sum += x * weight;
  }
  return sum;
}

function tau(notFull: number): number {
  if (notFull === 0 || notFull === 1) return 0;
  let x = notFull;
  let weight = 1;
  let sum = 1 - notFull;
  for (let before = -1; before !== sum; ) {
    x = Math.sqrt(x);
    before = sum;
    weight *= 0.5;
    sum -= (1 - x) ** 2 * weight;
  }
  return sum / 3;
}
