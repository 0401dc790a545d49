import { describe, expect, test } from "vitest";
import { seededRandom } from "../../core/random.ts";
import { distinctApprox } from "./distinct-approx.ts";
import { type Hash64, hash64 } from "./hash64.ts";
import { precisionFor } from "./hyperloglog.ts";

const sizes = [1, 10, 100, 1_000, 5_000, 20_000, 50_000];

/** Relative errors of the estimate at each of `sizes`, one row a seed. */
function errorsOf(error: number, seeds: number, keyOf: (seed: number, i: number) => string | number): number[][] {
  const aggregate = distinctApprox((key: string | number) => key, { error });
  return Array.from({ length: seeds }, (_, seed) => {
    const family = aggregate.family("alone");
    let added = 0;
    return sizes.map((size) => {
      for (; added < size; added++) family.add(keyOf(seed, added), [0], 1);
      return family.result(0) / size - 1;
    });
  });
}

describe("the error is as stated", () => {
  const random = seededRandom(7);
  const kinds: [string, (seed: number, i: number) => string | number][] = [
    ["texts that differ in a few digits", (seed, i) => `user-${seed}-${i}`],
    ["whole numbers in a row", (seed, i) => seed * 1_000_000 + i],
    ["fractions", () => random.next() + random.next() / 2 ** 31],
  ];
  test.each(kinds)("over seeds, for %s", (_, keyOf) => {
    for (const error of [0.02, 0.08]) {
      const rows = errorsOf(error, 40, keyOf);
      sizes.forEach((size, column) => {
        const errors = rows.map((row) => row[column]!);
        const deviation = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
        const bias = errors.reduce((sum, e) => sum + e, 0) / errors.length;
        expect(deviation, `deviation at ${size}`).toBeLessThan(error * 1.25);
        expect(Math.abs(bias), `bias at ${size}`).toBeLessThan(error / 2);
        expect(Math.max(...errors.map(Math.abs)), `worst at ${size}`).toBeLessThan(Math.max(error * 4, 1.5 / size));
      });
    }
  });

  test("ten keys are counted as ten, or as nine if two share a register", () => {
    const rows = errorsOf(0.01, 20, (seed, i) => `${seed}:${i}`);
    expect(rows.filter((row) => row[1] === 0).length).toBeGreaterThan(15);
    for (const row of rows) expect(Math.abs(row[1]!)).toBeLessThan(0.11);
  });
});

test("the number of registers follows from the error", () => {
  expect([0.2, 0.05, 0.01, 0.002].map(precisionFor)).toEqual([5, 9, 14, 19]);
  expect(() => distinctApprox(String, { error: 0.001 })).toThrow(/ML1002/);
  expect(() => distinctApprox(String, { error: Number.NaN })).toThrow(/ML1002/);
});

test("a session taken in counts what both have seen once", () => {
  const aggregate = distinctApprox((key: number) => key);
  const [one, other] = [aggregate.family("alone"), aggregate.family("alone")];
  for (let i = 0; i < 100; i++) one.add(i, [0], 1);
  for (let i = 50; i < 150; i++) other.add(i, [0], 1);
  one.absorb(other);
  expect(Math.abs(one.result(0) - 150)).toBeLessThan(4);
});

test("the hash changes half of its bits with one bit of the key", () => {
  const hash: Hash64 = { high: 0, low: 0 };
  const bits = (a: string | number, b: string | number) => {
    hash64(a, hash);
    const { high, low } = { ...hash };
    hash64(b, hash);
    return ones(hash.high ^ high) + ones(hash.low ^ low);
  };
  let total = 0;
  for (let i = 0; i < 2_000; i++) total += bits(`key ${i}`, `key ${i ^ 1}`) + bits(i, i + 1);
  expect(total / 4_000).toBeGreaterThan(31);
  expect(total / 4_000).toBeLessThan(33);
  hash64(5, hash);
  const { high } = { ...hash };
  hash64("5", hash);
  expect(hash.high).not.toBe(high);
});

function ones(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}
