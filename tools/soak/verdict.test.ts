import { expect, test } from "vitest";
import type { SoakFigures } from "./samples.ts";
import { verdictOf } from "./verdict.ts";

const hourMs = 3_600_000;
const good: SoakFigures = {
  count: 100,
  rssMaxBytes: 150e6,
  rssSlope: { slope: 1e5, lower: 0, upper: 2e5 },
  watchedMs: 2 * hourMs,
  filesMin: 30,
  filesMax: 33,
  lagP99Ms: 12,
  lagWorstMs: 80,
  ownLagP99Ms: 10,
  ownSeconds: 60,
  pauseWorstMs: 9,
};

test("each bound that is broken is told, and nothing else", () => {
  expect(verdictOf(good)).toEqual([]);
  expect(verdictOf({ ...good, count: 0 })).toEqual(["no samples were taken"]);
  expect(verdictOf({ ...good, rssMaxBytes: 300e6 })).toEqual(["RSS reached 300000000 bytes"]);
  expect(verdictOf({ ...good, filesMax: 60 })).toEqual(["open files went from 30 to 60"]);
  expect(verdictOf({ ...good, ownLagP99Ms: 51 })).toEqual(["the event loop's p99 lag was 51.0 ms"]);
  expect(verdictOf({ ...good, ownLagP99Ms: 51, ownSeconds: 5, lagP99Ms: 51 })).toEqual([]);
  const steep = { slope: 2e6, lower: 1e6, upper: 3e6 };
  expect(verdictOf({ ...good, rssSlope: steep })).toEqual(["RSS grows by up to 3000000 bytes/h"]);
  expect(verdictOf({ ...good, rssSlope: steep, watchedMs: hourMs / 60 })).toEqual([]);
});
