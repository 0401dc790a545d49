import { expect, test } from "vitest";
import { stream } from "../stream/stream.ts";
import { drive, from, listSource } from "../testing/index.ts";
import { map } from "./map.ts";
import { notingSink } from "./noting-sink-fixture.ts";
import { testPolicies } from "./policies-fixture.ts";

test("each record becomes what the function returns, undefined too, with the record's key, time and place", async () => {
  const sink = notingSink<number | undefined>();
  const pipeline = stream("in", listSource([1, from("other", 2), 3]))
    .keyBy("key", (n) => `k${n}`)
    .eventTime("clock", (n) => n * 1000, { lag: 0 })
    .map("step", (n) => (n === 2 ? undefined : n * 10))
    .to("out", sink);
  const status = await drive(pipeline);
  expect(sink.noted).toEqual([
    { value: 10, key: "k1", time: 1000, place: "item 0 of the list", partition: "list" },
    { value: undefined, key: "k2", time: 2000, place: "item 1 of the list", partition: "other" },
    { value: 30, key: "k3", time: 3000, place: "item 2 of the list", partition: "list" },
  ]);
  expect(status.steps.find((step) => step.id === "step")).toMatchObject({ kind: "map", in: 3, out: 3, counters: {} });
});

testPolicies((guard, onError) =>
  map(
    (value: number) => {
      guard(value);
      return value;
    },
    { onError },
  ),
);
