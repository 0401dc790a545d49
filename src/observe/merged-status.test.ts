import { expect, test } from "vitest";
import { mergedStatus } from "./merged-status.ts";
import type { JobStatus } from "./status.ts";

function status(change: Partial<JobStatus> = {}): JobStatus {
  return {
    state: "running",
    atMs: 1_000,
    elapsedMs: 500,
    error: undefined,
    sources: [
      {
        id: "frames",
        name: "kafka frames",
        records: 10,
        bytes: 100,
        doneBytes: 50,
        totalBytes: 200,
        activity: "reading",
        partitions: ["frames-0"],
        silentMs: 7,
        own: { lag: { "frames-0": 3 }, inFlightBytes: 4 },
      },
    ],
    steps: [
      {
        id: "users",
        kind: "window",
        in: 10,
        out: 2,
        watermark: 5_000,
        counters: { late: 1 },
        own: { openWindows: 2, watermarkSince: 900, partitions: [{ name: "frames-0" }] },
        inputs: ["clock"],
        waitsFor: "holds 2",
      },
    ],
    checkpoints: {
      count: 3,
      lastAtMs: 990,
      lastPauseMs: 1,
      lastDurationMs: 9,
      longestPauseMs: 2,
      store: { bytes: 8, kind: "kafka" },
    },
    ...change,
  };
}

test("one status stays what it is", () => {
  expect(mergedStatus([status()])).toEqual(status());
});

test("counts add up, the lowest watermark stands for all, and what is told by partition is joined", () => {
  const [source, step] = [status().sources[0]!, status().steps[0]!];
  const other = status({
    atMs: 1_001,
    elapsedMs: 400,
    sources: [
      {
        ...source,
        records: 5,
        partitions: ["frames-1"],
        activity: "ended",
        silentMs: 0,
        own: { lag: { "frames-1": 2 } },
      },
    ],
    steps: [
      {
        ...step,
        watermark: 4_000,
        counters: { late: 2, "dead:no ts": 1 },
        own: { openWindows: 1, watermarkSince: 800, partitions: [{ name: "frames-1" }] },
        waitsFor: "holds 1",
      },
      { ...step, id: "counts", kind: "sink", waitsFor: undefined },
    ],
  });
  const merged = mergedStatus([status(), other]);
  expect(merged).toMatchObject({
    state: "running",
    atMs: 1_001,
    elapsedMs: 500,
    checkpoints: { count: 6, lastDurationMs: 9 },
  });
  expect(merged.checkpoints?.store).toEqual({ bytes: 16, kind: "kafka" });
  expect(merged.sources).toHaveLength(1);
  expect(merged.sources[0]).toMatchObject({
    records: 15,
    totalBytes: 400,
    activity: "reading",
    partitions: ["frames-0", "frames-1"],
    silentMs: 7,
    own: { lag: { "frames-0": 3, "frames-1": 2 }, inFlightBytes: 4 },
  });
  expect(merged.steps.map(({ id }) => id)).toEqual(["users", "counts"]);
  expect(merged.steps[0]).toMatchObject({
    in: 20,
    watermark: 4_000,
    counters: { late: 3, "dead:no ts": 1 },
    waitsFor: "holds 1",
    own: { openWindows: 3, watermarkSince: 800, partitions: [{ name: "frames-0" }, { name: "frames-1" }] },
  });
});

test.each([
  [["running", "failed"], "failed"],
  [["finished", "starting"], "starting"],
  [["finished", "draining", "running"], "draining"],
  [["finished", "running"], "running"],
  [["finished", "finished"], "finished"],
] as const)("the state of %j is %s", (states, merged) => {
  expect(mergedStatus(states.map((state) => status({ state }))).state).toBe(merged);
});

test("an unknown total stays unknown, and none at all is a start", () => {
  const source = status().sources[0]!;
  const open = status({ sources: [{ ...source, totalBytes: undefined }] });
  expect(mergedStatus([status(), open]).sources[0]?.totalBytes).toBeUndefined();
  expect(mergedStatus([])).toMatchObject({ state: "starting", sources: [], steps: [], checkpoints: undefined });
});
