import { expect, test } from "vitest";
import type { DeadLetter } from "../core/dead-letter.ts";
import { stream } from "../stream/stream.ts";
import { drive, listSource, memorySink } from "../testing/index.ts";
import { type Key, keyBy } from "./key-by.ts";
import { notingSink } from "./noting-sink-fixture.ts";
import { testPolicies } from "./policies-fixture.ts";

test("records go on unchanged and in order, each with its key", async () => {
  const sink = notingSink<string>();
  await drive(
    stream("in", listSource(["apple", "bean", ""]))
      .keyBy("length", (text) => text.length)
      .keyBy("step", (text) => text.slice(0, 1))
      .to("out", sink),
  );
  expect(sink.noted.map(({ value, key }) => [value, key])).toEqual([
    ["apple", "a"],
    ["bean", "b"],
    ["", ""],
  ]);
});

test("the key is the record's alone: the next one, and other branches, do not see it", async () => {
  const before = notingSink<number>();
  const after = notingSink<number>();
  const numbers = stream("in", listSource([1, 2], { batchRecords: 2 }));
  const keyed = numbers.keyBy("step", (n) => n).to("after", after);
  await drive(keyed.and(numbers.to("before", before)));
  expect(after.noted.map(({ key }) => key)).toEqual([1, 2]);
  expect(before.noted.map(({ key }) => key)).toEqual([undefined, undefined]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, null, true, { id: 1 }, 5n])(
  "%s is no key: the record is a dead letter, whatever the policy for functions that throw",
  async (key) => {
    const sink = memorySink<number>();
    const dead = memorySink<DeadLetter>();
    const pipeline = stream("in", listSource([1, 2]))
      .keyBy("step", (n) => (n === 1 ? (key as unknown as Key) : "k"), { onError: "fail" })
      .to("out", sink)
      .deadLetters("dead", dead);
    const status = await drive(pipeline);
    expect(sink.values).toEqual([2]);
    expect(dead.values).toMatchObject([{ step: "step", reason: "no key", place: "item 0 of the list" }]);
    expect(status.steps.find((step) => step.id === "step")!.counters).toEqual({ "dead:no key": 1 });
  },
);

testPolicies((guard, onError) =>
  keyBy(
    (value: number) => {
      guard(value);
      return value;
    },
    { onError },
  ),
);
