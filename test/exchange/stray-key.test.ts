import { expect, test } from "vitest";
import type { Operator } from "../../src/core/operator.ts";
import { count } from "../../src/operators/aggregates/index.ts";
import { stream } from "../../src/stream/stream.ts";
import { listSource, memorySink } from "../../src/testing/index.ts";
import { tumbling } from "../../src/time/windows.ts";
import { Mesh } from "./mesh.ts";
import type { Frame } from "./partition-oracle.ts";

const frames: readonly Frame[][] = [[{ ts: 5, user: "u", n: 1 }], [{ ts: 6, user: "v", n: 1 }]];

function counted(spread: Operator<Frame, Frame>["spread"]) {
  const keying: Operator<Frame, Frame> = {
    kind: "own key",
    spread,
    open: (context) => ({ record: (frame) => context.emitKeyed(frame.user, frame) }),
  };
  return stream("in", listSource<Frame>([]))
    .eventTime("clock", (frame) => frame.ts, { lag: 0 })
    .via("own", keying)
    .window("users", tumbling(10))
    .aggregate({ n: count() })
    .to("out", memorySink());
}

test("an operator that gives keys without saying so is refused where their windows would be mixed", async () => {
  await expect(new Mesh(counted(undefined).plan, frames).finish()).rejects.toThrow('ML1001 at step "users"');
});

test("and one that says so is as good as a keyBy", async () => {
  const mesh = new Mesh(counted({ kind: "key" }).plan, frames);
  await mesh.finish();
  expect((mesh.values("out") as { key: string; n: number }[]).map(({ key, n }) => [key, n]).sort()).toEqual([
    ["u", 1],
    ["v", 1],
  ]);
});
