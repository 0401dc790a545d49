import { seededRandom } from "millrace";
import { expect, test } from "vitest";
import { quantile, theilSen } from "./theil-sen.ts";

const random = seededRandom(3);
const line = (count: number, slope: number, height: number, noise: number) =>
  Array.from({ length: count }, (_, at) => ({ at, value: height + slope * at + noise * (random.next() - 0.5) }));

test("a line's slope is found exactly, and through noise and wild samples within its bounds", () => {
  expect(theilSen([line(20, 3, 100, 0)])).toEqual({ slope: 3, lower: 3, upper: 3 });
  const noisy = line(200, 0.5, 100, 20).map((one, i) => (i % 20 === 0 ? { ...one, value: 1e6 } : one));
  const found = theilSen([noisy])!;
  expect(found.slope).toBeCloseTo(0.5, 1);
  expect(found.lower).toBeLessThan(0.5);
  expect(found.upper).toBeGreaterThan(0.5);
  expect(found.upper - found.lower).toBeLessThan(0.2);
});

test("lives of different heights are no slope", () => {
  const lives = [line(60, 0, 100, 5), line(60, 0, 900, 5), line(60, 0, 300, 5)];
  const found = theilSen(lives)!;
  expect(found.lower).toBeLessThanOrEqual(0);
  expect(found.upper).toBeGreaterThanOrEqual(0);
  expect(Math.abs(found.slope)).toBeLessThan(0.05);
});

test("too few samples have no slope", () => {
  expect(theilSen([])).toBeUndefined();
  expect(theilSen([[{ at: 1, value: 2 }], line(2, 1, 0, 0)])).toBeUndefined();
  expect(quantile([], 0.5)).toBeNaN();
  expect(quantile([1, 2, 4], 0.75)).toBe(3);
});
