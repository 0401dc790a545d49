import type { JobStatus, StepStatus } from "millrace";
import { expect, test } from "vitest";
import { summaryOf, summaryText } from "./summary.ts";

function step(id: string, counters: Record<string, number>): StepStatus {
  return { id, kind: "", in: 3, out: 3, watermark: undefined, counters, own: {}, waitsFor: undefined };
}

function statusWith(...steps: StepStatus[]): JobStatus {
  return { state: "finished", elapsedMs: 1500, error: undefined, sources: [], steps, checkpoints: undefined };
}

test("tells what was refused by reason, and what was too far ahead apart from it", () => {
  const counters = { "dead:no ts": 1234, "dead:not JSON": 2, "dead:too far ahead": 7 };
  const text = summaryText(summaryOf(statusWith(step("frame", counters))));
  expect(text).toContain("bad       1,236 (no ts 1,234, not JSON 2)\n");
  expect(text).toContain("held      7 too far ahead of the rest\n");
});

test("tells of parts that came too late to be merged, where there were any", () => {
  const late = (counters: Record<string, number>) =>
    summaryText(summaryOf(statusWith(step("users", counters)))).match(/^late.*$/m)![0];
  expect(late({ late: 5 })).toBe("late      5");
  expect(late({ late: 5, lateParts: 2 })).toBe("late      5, and 2 parts of windows of partitions left out as silent");
});
