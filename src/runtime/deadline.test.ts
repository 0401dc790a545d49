import { expect, test } from "vitest";
import { ManualClock, settled } from "../testing/manual-clock.ts";
import { briefly, inTime } from "./deadline.ts";

const never = new Promise<void>(() => {});

test("work may take as long as it likes until it is to stop, and then only so long", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  let how = "waits";
  inTime(never, clock, stop.signal, 500).catch((error: Error) => (how = error.message));
  await clock.advance(1e9);
  expect(how).toBe("waits");
  stop.abort();
  await settled();
  await clock.advance(499);
  expect(how).toBe("waits");
  await clock.advance(1);
  expect(how).toContain("ML6001: not drained after 500 ms");
});

test("work that ends in time, well or not, leaves no timer behind", async () => {
  const cases = [() => Promise.resolve(), () => Promise.reject(new Error("its own"))];
  for (const [index, work] of cases.entries()) {
    const clock = new ManualClock();
    const how = await inTime(work(), clock, AbortSignal.abort(), 500).catch((error: Error) => error.message);
    expect(how).toBe([undefined, "its own"][index]);
    await settled();
    expect(clock.nextAtMs).toBeUndefined();
  }
});

test("what does not close is waited for a moment", async () => {
  const clock = new ManualClock();
  let over = false;
  void briefly(never, clock).then(() => (over = true));
  await settled();
  expect(over).toBe(false);
  await clock.advance(1_000);
  expect(over).toBe(true);
  await briefly(Promise.resolve(), clock);
  await expect(briefly(Promise.reject(new Error("cannot close")), clock)).rejects.toThrow("cannot close");
  expect(clock.nextAtMs).toBeUndefined();
});
