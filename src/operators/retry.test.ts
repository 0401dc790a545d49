import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../core/random.ts";
import { checkedRetry, retryDelayMs } from "./retry.ts";

/** The highest number that a random can give. */
const highest = { next: () => 1 - 2 ** -32, below: (below: number) => below - 1 };
const lowest = { next: () => 0, below: () => 0 };

test("the longest wait doubles with each try, up to the maximum", () => {
  const longest = (attempt: number, policy = {}) =>
    Math.round(retryDelayMs({ attempts: 20, ...policy }, attempt, highest));
  expect([1, 2, 3, 4, 7, 8, 9, 2000].map((attempt) => longest(attempt))).toEqual([
    100, 200, 400, 800, 6_400, 10_000, 10_000, 10_000,
  ]);
  expect([1, 2, 3, 4].map((attempt) => longest(attempt, { baseMs: 5, maxMs: 15 }))).toEqual([5, 10, 15, 15]);
});

test("any wait from nothing to the longest may come: full jitter", () => {
  expect(retryDelayMs({ attempts: 3 }, 5, lowest)).toBe(0);
  const random = seededRandom(7);
  const waits = Array.from({ length: 1000 }, () => retryDelayMs({ attempts: 9, baseMs: 100 }, 1, random));
  for (const [from, to] of [
    [0, 25],
    [25, 50],
    [50, 75],
    [75, 100],
  ] as const) {
    const share = waits.filter((ms) => ms >= from && ms < to).length;
    expect(share, `waits from ${from} to ${to} ms of 1000`).toBeGreaterThan(200);
  }
});

test("no number of tries makes a wait that is no number", () => {
  expect(retryDelayMs({ attempts: 9999, baseMs: 0 }, 5000, highest)).toBe(0);
  expect(Math.round(retryDelayMs({ attempts: 9999 }, 5000, highest))).toBe(10_000);
});

test("no wait is negative or beyond its bound", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 3000 }),
      fc.nat(1e6),
      fc.nat(1e6),
      (seed, attempt, baseMs, maxMs) => {
        const ms = retryDelayMs({ attempts: 3000, baseMs, maxMs }, attempt, seededRandom(seed));
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(maxMs);
      },
    ),
  );
});

test.each([
  [{ attempts: 0 }, 'step: retry "attempts" must be a whole number from 1, not 0'],
  [{ attempts: 2.5 }, 'step: retry "attempts" must be a whole number from 1, not 2.5'],
  [{ attempts: Number.NaN }, 'step: retry "attempts" must be a whole number from 1, not NaN'],
  [{ attempts: 2, baseMs: -1 }, 'step: retry "baseMs" must be milliseconds, 0 or more, not -1'],
  [
    { attempts: 2, maxMs: Number.POSITIVE_INFINITY },
    'step: retry "maxMs" must be milliseconds, 0 or more, not Infinity',
  ],
])("%o is refused with a sentence", (policy, message) => {
  expect(() => checkedRetry("step", policy)).toThrow(`ML1002: ${message}. `);
});

test("a policy that can be followed is given back, none stays none", () => {
  const policy = { attempts: 3, baseMs: 0, maxMs: 0 };
  expect(checkedRetry("step", policy)).toBe(policy);
  expect(checkedRetry("step", undefined)).toBeUndefined();
});
