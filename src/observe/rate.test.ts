import { expect, test } from "vitest";
import { Rate } from "./rate.ts";

test("the rate is over the window, not since the start", () => {
  const rate = new Rate(5_000);
  expect(rate.sample(0, 100)).toBe(0);
  expect(rate.sample(1_000, 1_100)).toBe(1_000);
  expect(rate.sample(2_000, 2_100)).toBe(1_000);
  for (let at = 3_000; at <= 10_000; at += 1_000) rate.sample(at, 2_100);
  expect(rate.sample(11_000, 2_100)).toBe(0);
});

test("samples further apart than the window still give a rate", () => {
  const rate = new Rate(1_000);
  rate.sample(0, 0);
  expect(rate.sample(10_000, 50)).toBe(5);
  expect(rate.sample(20_000, 150)).toBe(10);
});

test("two samples of one moment give no rate, and samples without number are not all kept", () => {
  const rate = new Rate(1e9);
  expect(rate.sample(5, 1)).toBe(0);
  expect(rate.sample(5, 9)).toBe(0);
  const sparse = new Rate(1e9);
  sparse.sample(0, 1_000_000);
  for (let at = 1; at < 1_000; at++) expect(sparse.sample(at, 1_000_000 + at)).toBe(1_000);
  for (let at = 1_000; at < 1_098; at++) expect(sparse.sample(at, 1_000_999)).toBeGreaterThan(0);
  expect(sparse.sample(1_098, 1_000_999)).toBe(0);
});
