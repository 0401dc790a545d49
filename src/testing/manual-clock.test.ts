import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

test("timers run in the order of their time, those of one moment in the order they were set", async () => {
  const clock = new ManualClock(1_000);
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name} ${clock.now()}`);
  clock.timer(20, note("b"));
  clock.timer(10, note("a"));
  clock.timer(20, note("c"));
  clock.timer(-5, note("now"));
  expect(clock.nextAtMs).toBe(1_000);
  await clock.advance(15);
  expect(seen).toEqual(["now 1000", "a 1010"]);
  await clock.advance(15);
  expect(seen).toEqual(["now 1000", "a 1010", "b 1020", "c 1020"]);
  expect([clock.now(), clock.monotonic(), clock.nextAtMs]).toEqual([1_030, 30, undefined]);
});

test("a timer that sets another, and what it woke, have their turn at its moment", async () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  clock.timer(10, () => {
    clock.timer(5, () => seen.push(clock.now()));
    void Promise.resolve().then(() => clock.timer(1, () => seen.push(clock.now())));
  });
  await clock.advance(100);
  expect(seen).toEqual([11, 15]);
});

test("any timers, some cancelled, run as a sorted list of them would", async () => {
  const delays = fc.array(fc.record({ ms: fc.integer({ min: 0, max: 50 }), cancelled: fc.boolean() }), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(delays, async (timers) => {
      const clock = new ManualClock();
      const seen: number[] = [];
      const set = timers.map(({ ms }, index) => clock.timer(ms, () => seen.push(index)));
      for (const [index, { cancelled }] of timers.entries()) if (cancelled) set[index]!.cancel();
      while (await clock.next());
      const left = timers.map((timer, index) => ({ ...timer, index })).filter(({ cancelled }) => !cancelled);
      expect(seen).toEqual(left.sort((a, b) => a.ms - b.ms || a.index - b.index).map(({ index }) => index));
    }),
    { numRuns: 200 },
  );
});

test("cancelling twice, or after it ran, does nothing", async () => {
  const clock = new ManualClock();
  let ran = 0;
  const first = clock.timer(1, () => ran++);
  const second = clock.timer(2, () => ran++);
  second.cancel();
  second.cancel();
  await clock.advance(5);
  first.cancel();
  expect([ran, clock.timers]).toEqual([1, 0]);
});

test("the wall clock jumps, durations and timers do not notice", async () => {
  const clock = new ManualClock(5_000);
  let ranAt: number | undefined;
  clock.timer(100, () => (ranAt = clock.now()));
  clock.jump(-4_000);
  expect([clock.now(), clock.monotonic(), clock.nextAtMs]).toEqual([1_000, 0, 1_100]);
  await clock.advance(100);
  expect([ranAt, clock.monotonic()]).toEqual([1_100, 100]);
});

test("100,000 timers are set, cancelled and run", async () => {
  const clock = new ManualClock();
  const count = 100_000;
  let last = -1;
  const timers = Array.from({ length: count }, (_, n) => {
    const ms = (n * 7919) % count;
    return clock.timer(ms, () => {
      expect(ms).toBeGreaterThan(last);
      last = ms;
    });
  });
  for (let n = 0; n < count; n += 2) timers[n]!.cancel();
  expect(clock.timers).toBe(count / 2);
  await clock.advance(count);
  expect([clock.timers, last > 0.9 * count]).toEqual([0, true]);
});
