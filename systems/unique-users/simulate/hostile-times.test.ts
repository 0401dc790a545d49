import { seededRandom } from "millrace";
import { expect, it } from "vitest";
import { hostileSeconds } from "./hostile-times.ts";

it.each([3_600, 1_468_244_384, 1_750_000_000, 2 ** 33])(
  "is more than an hour ahead of %i, in several ways",
  (seconds) => {
    const random = seededRandom(4);
    const ahead = Array.from({ length: 2_000 }, () => hostileSeconds(seconds, random) - seconds);
    expect(Math.min(...ahead)).toBeGreaterThan(3_600);
    expect(ahead.every(Number.isSafeInteger)).toBe(true);
    expect(ahead.filter((by) => by === 7_200).length).toBeGreaterThan(300);
    expect(ahead.filter((by) => Number.isInteger(Math.log2(by))).length).toBeGreaterThan(300);
    expect(ahead.filter((by) => by > 3_600 * 24 * 3_650 && by < 3_600 * 24 * 3_660).length).toBeGreaterThan(300);
    expect(ahead.filter((by) => by >= seconds * 999 && by < seconds * 999 + 1_000).length).toBeGreaterThan(300);
  },
);
