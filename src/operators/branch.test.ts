import { expect, test } from "vitest";
import { stream } from "../stream/stream.ts";
import { drive, listSource, memorySink } from "../testing/index.ts";
import { branch } from "./branch.ts";
import { notingSink } from "./noting-sink-fixture.ts";
import { testPolicies } from "./policies-fixture.ts";
import { type Passed, probe } from "./probe-fixture.ts";

test("a record goes to the first branch whose condition holds, else to the rest, with its key and time", async () => {
  const [big, even, rest] = [notingSink<number>(), notingSink<number>(), notingSink<number>()];
  const split = stream("in", listSource([1, 12, 4, 15, 3]))
    .keyBy("key", (n) => n % 2)
    .eventTime("clock", (n) => n, { lag: 0 })
    .branch("split", { big: (n) => n > 10, even: (n) => n % 2 === 0 });
  const status = await drive(split.big.to("big", big).and(split.even.to("even", even), split.rest.to("rest", rest)));
  const seen = (sink: typeof big) => sink.noted.map(({ value, key, time }) => [value, key, time]);
  expect(seen(big)).toEqual([
    [12, 0, 12],
    [15, 1, 15],
  ]);
  expect(seen(even)).toEqual([[4, 0, 4]]);
  expect(seen(rest)).toEqual([
    [1, 1, 1],
    [3, 1, 3],
  ]);
  expect(status.steps.find((step) => step.id === "split")).toMatchObject({ kind: "branch", in: 5, out: 2 });
});

test("a branch that nobody reads is dropped; conditions behind the first that holds are not asked", async () => {
  const rest = memorySink<number>();
  const asked: number[] = [];
  const split = stream("in", listSource([1, 2, 3])).branch("split", {
    odd: (n) => n % 2 === 1,
    never: (n) => {
      asked.push(n);
      return false;
    },
  });
  await drive(split.rest.to("rest", rest));
  expect(rest.values).toEqual([2]);
  expect(asked).toEqual([2]);
});

test("every branch gets the event time of the whole stream, also from records that went elsewhere", async () => {
  const [odd, rest]: [Passed[], Passed[]] = [[], []];
  const split = stream("in", listSource([1, 2, 3]))
    .eventTime("clock", (n) => n, { lag: 0 })
    .branch("split", { odd: (n) => n % 2 === 1 });
  await drive(
    split.odd
      .via("odd-probe", probe(odd))
      .to("odd", memorySink())
      .and(split.rest.via("rest-probe", probe(rest)).to("rest", memorySink())),
  );
  expect(odd).toEqual([
    ["record", 1],
    ["watermark", 1],
    ["watermark", 2],
    ["record", 3],
    ["watermark", 3],
  ]);
  expect(rest).toEqual([
    ["watermark", 1],
    ["record", 2],
    ["watermark", 2],
    ["watermark", 3],
  ]);
});

test("the builder passes the policy on", async () => {
  const sink = memorySink<number>();
  const throws = () => {
    throw new Error("no");
  };
  const split = stream("in", listSource([1])).branch("split", { odd: throws }, { onError: "skip" });
  const status = await drive(split.rest.to("out", sink));
  expect(sink.values).toEqual([]);
  expect(status.steps.find((step) => step.id === "split")!.counters).toEqual({ skipped: 1 });
});

test('a branch cannot be called "rest": that one has what no condition holds for', () => {
  const numbers = stream("in", listSource([1]));
  // @ts-expect-error the types say so too
  expect(() => numbers.branch("split", { rest: (n: number) => n > 1 })).toThrow(
    'ML1001 at step "split": no branch can be called "rest", which has what no condition holds for',
  );
});

testPolicies((guard, onError) =>
  branch<number>(
    {
      never: (value) => {
        guard(value);
        return false;
      },
    },
    { onError },
  ),
);
