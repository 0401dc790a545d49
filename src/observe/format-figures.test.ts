import { expect, test } from "vitest";
import { formatBytes, formatCount, formatDigits, formatElapsed, formatRate, formatTime } from "./format-figures.ts";

test.each([
  [0, "0"],
  [7, "7"],
  [999, "999"],
  [1000, "1.00k"],
  [1234, "1.23k"],
  [9_994, "9.99k"],
  [9_996, "10.0k"],
  [99_600, "99.6k"],
  [99_960, "100k"],
  [999_499, "999k"],
  [999_500, "1.00M"],
  [12_345_678, "12.3M"],
  [4.5e9, "4.50G"],
  [7e15, "7000T"],
  [-1500, "-1.50k"],
  [Number.NaN, "?"],
  [Number.POSITIVE_INFINITY, "?"],
])("count %d is %s", (count, text) => expect(formatCount(count)).toBe(text));

test.each([0, 7, 999, 1000, 12_345, 123_456, 1_234_567, 9_007_199_254_740_991, -1, -999, -1000, -123_456])(
  "all digits of %d are as English has them",
  (count) => expect(formatDigits(count)).toBe(count.toLocaleString("en-US")),
);

test.each([
  [0, "0 B"],
  [512, "512 B"],
  [1_048_576, "1.05 MB"],
  [2_000_000_000, "2.00 GB"],
  [3e18, "3000 PB"],
])("%d bytes is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0, "0/s"],
  [0.25, "0.25/s"],
  [9.5, "9.50/s"],
  [123.4, "123/s"],
  [999.7, "1.00k/s"],
  [1_234_567, "1.23M/s"],
])("rate %d is %s", (rate, text) => expect(formatRate(rate)).toBe(text));

test.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [12_400, "12 s"],
  [60_000, "1 min"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
  [273_600_000, "3 d 4 h"],
  [-1, "?"],
])("%d ms is %s", (ms, text) => expect(formatElapsed(ms)).toBe(text));

test.each([
  [0, "1970-01-01T00:00:00Z"],
  [1468244371000, "2016-07-11T13:39:31Z"],
  [1468244371250, "2016-07-11T13:39:31.250Z"],
  [Number.POSITIVE_INFINITY, "the end of the input"],
  [9e15, "?"],
  [Number.NaN, "?"],
])("time %d is %s", (ms, text) => expect(formatTime(ms)).toBe(text));
