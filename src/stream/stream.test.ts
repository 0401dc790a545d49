import { expect, test } from "vitest";
import type { Operator } from "../core/operator.ts";
import { count } from "../operators/aggregates/index.ts";
import { drive, listSource, memorySink } from "../testing/index.ts";
import { tumbling } from "../time/windows.ts";
import type { Pipeline } from "./pipeline.ts";
import { stream } from "./stream.ts";

const edges = (pipeline: Pipeline) =>
  pipeline.plan.steps.map(({ id, inputs }) => [
    id,
    ...inputs.map(({ from, port }) => (port ? `${from}/${port}` : from)),
  ]);

test("a stream never changes: used twice it gives two branches", async () => {
  const numbers = stream("in", listSource([1, 2, 3]));
  const doubled = numbers.map("double", (n) => n * 2);
  const [a, b, c] = [memorySink<number>(), memorySink<number>(), memorySink<number>()];
  const big = doubled.filter("big", (n) => n > 3);
  const odd = doubled.map("odd", (n) => n + 1);
  const pipeline = big.to("a", a).and(odd.to("b", b), numbers.to("c", c));
  expect(edges(pipeline)).toEqual([
    ["in"],
    ["double", "in"],
    ["big", "double"],
    ["a", "big"],
    ["odd", "double"],
    ["b", "odd"],
    ["c", "in"],
  ]);
  await drive(pipeline);
  expect([a.values, b.values, c.values]).toEqual([
    [4, 6],
    [3, 5, 7],
    [1, 2, 3],
  ]);
});

test("what leads nowhere is no part of the plan", () => {
  const numbers = stream("in", listSource([1]));
  numbers.map("forgotten", (n) => n);
  expect(edges(numbers.to("out", memorySink()))).toEqual([["in"], ["out", "in"]]);
});

test("every method adds one step, with the operator of that name", () => {
  const numbers = stream("in", listSource([1]));
  const branches = numbers.branch("h", { big: () => true });
  const pipelines = [
    numbers.map("a", (n) => n),
    numbers.filter("b", () => true),
    numbers.flatMap("c", (n) => [n]),
    numbers.mapAsync("d", async (n) => n),
    numbers.keyBy("e", (n) => n),
    numbers.throttle("f", "1/s"),
    numbers.eventTime("g", (n) => n, { lag: 0 }),
    branches.big,
    branches.rest.merge("i", numbers),
    numbers.window("j", tumbling("1s")).aggregate({ n: count() }),
    numbers.window("k", tumbling("1s")).aggregate({ n: count() }).side("late"),
  ].map((records, at) => (records as typeof numbers).to(`out${at}`, memorySink()));
  const plan = pipelines[0]!.and(...pipelines.slice(1)).plan;
  const kinds = plan.steps.flatMap((step) => (step.type === "operator" ? [`${step.id} ${step.operator.kind}`] : []));
  expect(kinds).toEqual([
    "a map",
    "b filter",
    "c flatMap",
    "d mapAsync",
    "e keyBy",
    "f throttle",
    "g event time",
    "h branch",
    "i merge",
    "j window",
    "k window",
  ]);
  expect(plan.steps.find(({ id }) => id === "out7")!.inputs).toEqual([{ from: "h", port: "big" }]);
  expect(plan.steps.find(({ id }) => id === "out10")!.inputs).toEqual([{ from: "k", port: "late" }]);
  expect(plan.steps.find(({ id }) => id === "i")!.inputs).toEqual([{ from: "h" }, { from: "in" }]);
});

test("via takes anyone's own operator, which is opened once a run", async () => {
  let opened = 0;
  const numbered: Operator<string, string> = {
    kind: "numbered",
    open: (context) => {
      opened += 1;
      let n = 0;
      return { record: (text) => context.emit(`${++n} ${text}`) };
    },
  };
  const sink = memorySink<string>({ delivery: "at-least-once" });
  const pipeline = stream("in", listSource(["a", "b"]))
    .via("numbered", numbered)
    .to("out", sink);
  expect(opened).toBe(0);
  await drive(pipeline);
  await drive(pipeline);
  expect(sink.values).toEqual(["1 a", "2 b", "1 a", "2 b"]);
  expect(opened).toBe(2);
});

test("ids are looked at when the pipeline is put together", () => {
  const twice = stream("in", listSource([1]))
    .map("same", (n) => n)
    .map("same", (n) => n);
  expect(() => twice.to("out", memorySink()).plan).toThrow('ML1001: two steps are called "same"');
  expect(() => stream("a b", listSource([1])).to("out", memorySink()).plan).toThrow(
    'ML1001: "a b" cannot be a step\'s id',
  );
});
