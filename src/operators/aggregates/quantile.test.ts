import fc from "fast-check";
import { expect, test } from "vitest";
import { quantile } from "./quantile.ts";

const shares = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 1];
const anyNumber = fc.oneof(
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.double({ min: 1e-300, max: 1e300, noNaN: true }),
);

test("each value is within the stated error of the number at its rank, also when half was stored and half taken in", () => {
  fc.assert(
    fc.property(
      fc.array(anyNumber, { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.01, 0.05),
      fc.nat(),
      (numbers, error, cut) => {
        const aggregate = quantile((value: number) => value, shares, { error });
        const [one, other] = [aggregate.family("alone"), aggregate.family("alone")];
        numbers.forEach((value, i) => {
          (i < cut % numbers.length ? one : other).add(aggregate.input(value), [0], 1);
        });
        const back = aggregate.family("alone");
        back.load(0, JSON.parse(JSON.stringify(other.save(0))));
        back.absorb(one);
        const sorted = numbers.toSorted((a, b) => a - b);
        back.result(0).forEach((value, i) => {
          const expected = sorted[Math.floor(shares[i]! * (sorted.length - 1))]!;
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(Math.abs(expected) * error * 1.000001 + 1e-300);
        });
      },
    ),
    { numRuns: 1000 },
  );
});

test("the ends are the smallest and the largest number themselves where they are one", () => {
  const aggregate = quantile((value: number) => value, [0, 1]);
  const family = aggregate.family("alone");
  for (const value of [7, 7, 7]) family.add(value, [0], 1);
  expect(family.result(0)).toEqual([7, 7]);
});

test("what cannot be is refused", () => {
  expect(() => quantile(Number, [])).toThrow(/ML1002/);
  expect(() => quantile(Number, [1.5])).toThrow(/ML1002.*0 to 1/);
  expect(() => quantile(Number, [Number.NaN])).toThrow(/ML1002/);
  expect(() => quantile(Number, [0.5], { error: 0 })).toThrow(/ML1002/);
  expect(() => quantile((value: number) => value, [0.5]).input(Number.NaN)).toThrow(/finite/);
});
