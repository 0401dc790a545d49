import { expect, test } from "vitest";
import { stream } from "../stream/stream.ts";
import { drive, listSource, memorySink, TestRun } from "../testing/index.ts";
import { flatMap } from "./flat-map.ts";
import { testPolicies } from "./policies-fixture.ts";

test("each record becomes none to many, in order", async () => {
  const sink = memorySink<string>();
  const pipeline = stream("in", listSource([2, 0, 3]))
    .flatMap("step", (n) => Array.from({ length: n }, (_, at) => `${n}.${at}`))
    .to("out", sink);
  const status = await drive(pipeline);
  expect(sink.values).toEqual(["2.0", "2.1", "3.0", "3.1", "3.2"]);
  expect(status.steps.find((step) => step.id === "step")).toMatchObject({ kind: "flatMap", in: 3, out: 5 });
});

test("a generator is run lazily: what it gave before it threw has gone on", async () => {
  const sink = memorySink<number>();
  const pipeline = stream("in", listSource([1, 2]))
    .flatMap(
      "step",
      function* (n) {
        yield n;
        if (n === 1) throw new Error("no more");
        yield n * 10;
      },
      { onError: "skip" },
    )
    .to("out", sink);
  const status = await drive(pipeline);
  expect(sink.values).toEqual([1, 2, 20]);
  expect(status.steps.find((step) => step.id === "step")!.counters).toEqual({ skipped: 1 });
});

test("what a later step throws is that step's, and does not fall under this one's policy", async () => {
  const pipeline = stream("in", listSource([1, 2]))
    .flatMap("expand", (n) => [n], { onError: "skip" })
    .map("first", (n) => n)
    .map("later", (n) => {
      if (n === 2) throw new Error("mine");
      return n;
    })
    .to("out", memorySink());
  const run = new TestRun(pipeline).start();
  await expect(run.job.done).rejects.toMatchObject({ code: "ML2001", step: "later", position: "item 1 of the list" });
  expect(run.job.status().steps.find((step) => step.id === "expand")!.counters).toEqual({});
});

test("a generator that is left early because a later step fails gets to clean up", async () => {
  let cleaned = false;
  const pipeline = stream("in", listSource([1]))
    .flatMap("expand", function* (n) {
      try {
        yield n;
        yield n;
      } finally {
        cleaned = true;
      }
    })
    .keyBy("later", () => {
      throw new Error("no");
    })
    .to("out", memorySink());
  await expect(drive(pipeline)).rejects.toMatchObject({ step: "later" });
  expect(cleaned).toBe(true);
});

testPolicies((guard, onError) =>
  flatMap(
    (value: number) => {
      guard(value);
      return [value];
    },
    { onError },
  ),
);
