import { expect, test } from "vitest";
import type { DeadLetter } from "../core/dead-letter.ts";
import type { Operator } from "../core/operator.ts";
import { count } from "../operators/aggregates/count.ts";
import type { Plan } from "../plan/plan.ts";
import type { Pipeline } from "../stream/pipeline.ts";
import { stream } from "../stream/stream.ts";
import { listSource, memorySink } from "../testing/index.ts";
import { tumbling } from "../time/windows.ts";
import { stagesOf } from "./stages.ts";

interface Click {
  readonly ts: number;
  readonly user: string;
}

const clicks = () => stream("in", listSource<Click>([])).eventTime("clock", ({ ts }) => ts, { lag: 0 });
const counted = (from = clicks()) => from.window("users", tumbling(60_000)).aggregate({ n: count() });
const all = clicks();
const sums = { kind: "sum", version: "1", open: () => ({ record: () => {} }) };

/** The steps of each stage's task with what they read, by stage. */
function shape(plan: Plan, partitions: number): Record<string, string[]> {
  const stages = stagesOf(plan, partitions);
  return Object.fromEntries(
    stages.map((stage) => {
      const task = stage.plan({
        source: listSource([]),
        sink: () => memorySink(),
        exchange: () => ({ sink: memorySink(), partitions }),
        from: "in-0",
        total: () => partitions,
        ends: undefined,
        onEnded: () => {},
      });
      expect(task.steps[0]!.id).toBe(stage.sourceId);
      const lines = task.steps.map((step) => {
        const kind = step.type === "operator" ? step.operator.kind : step.type;
        return [step.id, kind, ...step.inputs.map(({ from, port }) => (port === undefined ? from : `${from}/${port}`))];
      });
      return [stage.id, lines.map((line) => line.join(" "))];
    }),
  );
}

function stagesIn(pipeline: Pipeline, partitions = 3) {
  return stagesOf(pipeline.plan, partitions).map(({ plan: _, input, ...rest }) => ({ ...rest, input: input.kind }));
}

test("with one partition the whole plan is one stage", () => {
  const pipeline = counted().to("out", memorySink());
  expect(stagesIn(pipeline, 1)).toEqual([
    { id: "in", input: "source", sourceId: "in", sendsTo: [], writesTo: ["out"], stateful: true },
  ]);
  expect(shape(pipeline.plan, 1)).toEqual({
    in: ["in source", "clock event time in", "users window clock", "out sink users"],
  });
});

test("a window over everything is made by parts, which the next stage merges; what is behind it is there too", () => {
  const results = counted();
  const pipeline = results
    .map("text", String)
    .to("out", memorySink())
    .and(results.side("late").to("late", memorySink()))
    .deadLetters("dead", memorySink<DeadLetter>());
  expect(stagesIn(pipeline)).toEqual([
    { id: "in", input: "source", sourceId: "in", sendsTo: ["users"], writesTo: ["late", "dead"], stateful: true },
    {
      id: "users",
      input: "exchange",
      sourceId: "users:exchange",
      sendsTo: [],
      writesTo: ["out", "dead"],
      stateful: true,
    },
  ]);
  expect(shape(pipeline.plan, 3)).toEqual({
    in: [
      "in source",
      "clock event time in",
      "users window, by parts clock",
      "users:send send parts users",
      "users:exchange sink users:send",
      "late sink users/late",
      "dead sink",
    ],
    users: [
      "users:exchange source",
      "users:receive receive users:exchange",
      "users window, merged users:receive",
      "text map users",
      "out sink text",
      "dead sink",
    ],
  });
});

test("what keeps state by key is behind an exchange by key, and windows there are whole", () => {
  const keyed = clicks().keyBy("by-user", ({ user }) => user);
  const pipeline = keyed
    .process("sums", sums)
    .to("sums-out", memorySink())
    .and(keyed.window("minutes", tumbling(60_000)).aggregate({ n: count() }).to("out", memorySink()));
  expect(shape(pipeline.plan, 2)).toEqual({
    in: [
      "in source",
      "clock event time in",
      "by-user keyBy clock",
      "by-user:send send by key by-user",
      "by-user:exchange sink by-user:send",
    ],
    "by-user": [
      "by-user:exchange source",
      "by-user:receive receive by-user:exchange",
      "sums sum by-user:receive",
      "sums-out sink sums",
      "minutes window by-user:receive",
      "out sink minutes",
    ],
  });
});

test("a key that only a sink looks at, or that another replaces, costs no exchange", () => {
  const pipeline = clicks()
    .keyBy("by-user", ({ user }) => user)
    .keyBy("by-time", ({ ts }) => ts)
    .process("sums", sums)
    .keyBy("again", String)
    .to("out", memorySink());
  expect(stagesIn(pipeline).map(({ id, sendsTo }) => [id, sendsTo])).toEqual([
    ["in", ["by-time"]],
    ["by-time", []],
  ]);
});

test("a stage may read what another exchange brings", () => {
  const pipeline = clicks()
    .keyBy("by-user", ({ user }) => user)
    .window("minutes", tumbling(60_000))
    .aggregate({ n: count() })
    .keyBy("by-count", ({ n }) => n)
    .process("sums", sums)
    .to("out", memorySink());
  expect(stagesIn(pipeline).map(({ id, sendsTo }) => [id, sendsTo])).toEqual([
    ["in", ["by-user"]],
    ["by-user", ["by-count"]],
    ["by-count", []],
  ]);
});

const stateful: Operator<unknown, unknown> = { kind: "odd", stateVersion: "1", open: () => ({ record: () => {} }) };

test.each([
  [
    "state over all records",
    counted().process("sums", sums).to("out", memorySink()),
    '"sum" keeps state for all records',
  ],
  ["anyone's operator with state", clicks().via("odd", stateful).to("out", memorySink()), "put a keyBy before it"],
  ["a rate", clicks().throttle("slow", "5/s").to("out", memorySink()), "needs all records in one task"],
  [
    "an order",
    clicks()
      .resequence("order", { by: ({ ts }) => ts })
      .to("out", memorySink()),
    "a topic of one partition",
  ],
  [
    "event time behind an exchange",
    clicks()
      .keyBy("by-user", ({ user }) => user)
      .process("sums", sums)
      .eventTime("clock-2", () => 1, { lag: 0 })
      .to("out", memorySink()),
    "stands behind an exchange",
  ],
  [
    "what joins stages",
    all
      .map("all", (click): unknown => click)
      .merge(
        "both",
        counted(all).map("same", (result): unknown => result),
      )
      .to("out", memorySink()),
    'cannot read from "in" and "users" at once',
  ],
])("%s is refused over several partitions, by name, and not over one", (_, pipeline, message) => {
  expect(() => stagesOf(pipeline.plan, 2)).toThrow(message);
  expect(() => stagesOf(pipeline.plan, 2)).toThrow("ML1001");
  expect(stagesOf(pipeline.plan, 1)).toHaveLength(1);
});

test("streams of several sources cannot be joined in one task", () => {
  const other = stream("other", listSource<number>([]));
  const joined = stream("in", listSource<number>([])).merge("both", other).to("out", memorySink());
  expect(() => stagesOf(joined.plan, 1)).toThrow('cannot read from "in" and "other" at once');
  const apart = stream("in", listSource<number>([])).to("a", memorySink()).and(other.to("b", memorySink()));
  expect(stagesIn(apart).map(({ id, writesTo }) => [id, writesTo])).toEqual([
    ["in", ["a"]],
    ["other", ["b"]],
  ]);
});
