import { expect, test } from "vitest";
import { stream } from "../stream/stream.ts";
import { listSource, memorySink } from "../testing/index.ts";
import { stagesOf } from "./stages.ts";

test("with one partition the whole plan is one stage", () => {
  const { plan } = stream("in", listSource([1, 2]))
    .keyBy("key", String)
    .to("out", memorySink());
  const [stage, ...others] = stagesOf(plan, 1);
  expect(others).toEqual([]);
  expect(stage).toMatchObject({ id: "in", sourceId: "in", sendsTo: [], writesTo: ["out"], stateful: false });
  const [source, sink] = [listSource([3]), memorySink()];
  const task = stage!.plan({
    source,
    sink: () => sink,
    exchange: () => expect.fail("nothing is exchanged"),
    from: "0",
    total: () => 1,
    ends: undefined,
    onEnded: () => {},
  });
  expect(task.steps.map(({ id }) => id)).toEqual(plan.steps.map(({ id }) => id));
  expect(task.steps[0]).toMatchObject({ source });
  expect(task.steps.at(-1)).toMatchObject({ sink });
});
