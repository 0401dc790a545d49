import { describe, expect, test } from "vitest";
import type { Aggregate } from "./aggregate.ts";
import { count, max, mean, min, sum } from "./index.ts";

const self = (value: number) => value;

/** What the aggregate makes of the numbers in slot 0, after its state was saved and loaded half-way. */
function of(aggregate: Aggregate<number, number>, numbers: readonly number[]): number {
  let family = aggregate.family("alone");
  numbers.forEach((value, i) => {
    if (i === numbers.length >> 1 && i > 0) {
      const saved = JSON.parse(JSON.stringify(family.save(0)));
      family = aggregate.family("alone");
      family.load(0, saved);
    }
    family.add(aggregate.input(value), [0], 1);
  });
  return family.result(0);
}

describe("aggregates of numbers", () => {
  test("give what they are called", () => {
    const numbers = [4, -1, 2.5, 0];
    expect(of(count(), numbers)).toBe(4);
    expect(of(sum(self), numbers)).toBe(5.5);
    expect(of(mean(self), numbers)).toBe(1.375);
    expect(of(min(self), numbers)).toBe(-1);
    expect(of(max(self), numbers)).toBe(4);
  });

  test("sums keep what rounding would take", () => {
    expect(of(sum(self), [1e16, ...Array(10).fill(1), -1e16])).toBe(10);
    expect(of(sum(self), Array(1000).fill(0.1))).toBe(100);
    expect(of(mean(self), [1e16, 1, 1, -1e16])).toBe(0.5);
  });

  test("a sum beyond all numbers is infinite, and stays so across a checkpoint", () => {
    expect(of(sum(self), [1e308, 1e308, 1e308, 1, -1])).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, "7", undefined])("%s is refused", (value) => {
    for (const aggregate of [sum(self), mean(self), min(self), max(self)]) {
      expect(() => aggregate.input(value as number)).toThrow(/needs a finite number/);
    }
  });

  test("slots are apart, and empty when used again", () => {
    const family = sum(self).family("nested");
    family.add(5, [0, 1, 2], 2);
    expect([family.result(0), family.result(1), family.result(2)]).toEqual([5, 5, 0]);
    family.free(1);
    expect(family.result(1)).toBe(0);
  });

  test("a session taken in adds its part", () => {
    for (const [aggregate, expected] of [
      [sum(self), 6],
      [mean(self), 2],
      [min(self), 1],
      [max(self), 3],
      [count(), 3],
    ] as const) {
      const [one, other] = [aggregate.family("alone"), aggregate.family("alone")];
      one.add(1, [0], 1);
      for (const value of [2, 3]) other.add(value, [0], 1);
      one.absorb(other);
      expect(one.result(0)).toBe(expected);
    }
  });
});
