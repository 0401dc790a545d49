import { expect, test } from "vitest";
import { LatencySamples } from "./latency-samples.ts";
import { SourceLateness } from "./source-lateness.ts";

test("latencies count from when a batch was due, or from when it was sent", () => {
  const samples = new LatencySamples();
  for (let n = 0; n < 98; n++) samples.add(0, 10);
  samples.add(1, 50);
  samples.add(2, 50);
  const due = samples.latencies().figures()!;
  expect([due.count, due.max]).toEqual([100, 50]);
  expect(due.within.find(({ ms }) => ms === 20)!.share).toBe(0.98);
  // Batch 0 was sent 8 ms late, batch 1 40 ms, and of batch 2 nothing is known.
  const sent = samples.latencies([8, 40]).figures()!;
  expect([sent.count, sent.max]).toEqual([100, 50]);
  expect(sent.within.find(({ ms }) => ms === 5)!.share).toBe(0.98);
  expect(sent.within.find(({ ms }) => ms === 20)!.share).toBe(0.99);
});

test("a source's lateness is its own but for when the server holds it back, until it has caught up", () => {
  const lateness = new SourceLateness();
  lateness.sends(3);
  lateness.isHeldBack();
  lateness.sends(200);
  lateness.sends(100);
  lateness.isInTime();
  lateness.sends(1);
  expect(lateness.ms).toEqual([3, 0, 0, 1]);
});
