import { expect, test } from "vitest";
import { stream } from "../stream/stream.ts";
import { drive, listSource, memorySink } from "../testing/index.ts";
import { filter } from "./filter.ts";
import { testPolicies } from "./policies-fixture.ts";

test("only what the function holds for goes on; what it leaves out is in but not out, and nothing else", async () => {
  const sink = memorySink<number>();
  const pipeline = stream("in", listSource([5, 1, 4, 2, 3]))
    .filter("step", (n) => n > 2)
    .to("out", sink);
  const status = await drive(pipeline);
  expect(sink.values).toEqual([5, 4, 3]);
  expect(status.steps.find((step) => step.id === "step")).toMatchObject({
    kind: "filter",
    in: 5,
    out: 3,
    counters: {},
  });
});

test("truthy is true, as in any condition", async () => {
  const sink = memorySink<string>();
  const truthy = filter<string>((text) => text as unknown as boolean);
  await drive(
    stream("in", listSource(["a", "", "b"]))
      .via("step", truthy)
      .to("out", sink),
  );
  expect(sink.values).toEqual(["a", "b"]);
});

testPolicies((guard, onError) =>
  filter(
    (value: number) => {
      guard(value);
      return true;
    },
    { onError },
  ),
);
