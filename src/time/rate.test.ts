import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { gapMs, Pacer, type Rate, rateText } from "./rate.ts";

const rates: [Rate, number][] = [
  ["2/s", 500],
  ["30/m", 2000],
  ["100/5s", 50],
  ["0.5/s", 2000],
  ["1/1m30s", 90_000],
  ["10/250ms", 25],
  [{ records: 4, per: "2s" }, 500],
  [{ records: 4, per: 1000 }, 250],
];

test.each(rates)("%j is a record every %d ms", (rate, gap) => {
  expect(gapMs(rate)).toBe(gap);
});

test.each(["", "2", "/s", "2/", "-2/s", "0/s", "2/0s", "two/s", "2/fortnight", { records: Number.NaN, per: 1 }])(
  "%j is no rate",
  (rate) => {
    expect(() => gapMs(rate)).toThrow(/ML100[23]/);
  },
);

test("a rate has a text", () => {
  expect(rateText("2/s")).toBe("2/s");
  expect(rateText({ records: 3, per: 90_000 })).toBe("3/90s");
});

test("a slow pace keeps every gap, whatever was missed before", async () => {
  const clock = new ManualClock();
  const pacer = new Pacer(clock, 500);
  expect([pacer.take(), pacer.take()]).toEqual([true, false]);
  expect(pacer.waitMs).toBe(500);
  await clock.advance(7_510);
  expect([pacer.take(), pacer.take()]).toEqual([true, false]);
  await clock.advance(499);
  expect(pacer.take()).toBe(false);
  await clock.advance(1);
  expect(pacer.take()).toBe(true);
});

test("a fast pace makes up for timers that come late, by 20 ms at most", async () => {
  const clock = new ManualClock();
  const pacer = new Pacer(clock, 0.1);
  const taken = () => {
    let count = 0;
    while (pacer.take()) count += 1;
    return count;
  };
  taken();
  let total = 0;
  for (let ms = 0; ms < 100; ms += 5) {
    await clock.advance(5);
    total += taken();
  }
  expect(total).toBeGreaterThanOrEqual(999);
  expect(total).toBeLessThanOrEqual(1001);
  await clock.advance(60_000);
  expect(taken()).toBe(201);
});
