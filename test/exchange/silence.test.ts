import { expect, test } from "vitest";
import { count, distinct } from "../../src/operators/aggregates/index.ts";
import type { Aggregated } from "../../src/operators/window.ts";
import { stream } from "../../src/stream/stream.ts";
import { listSource, memorySink } from "../../src/testing/index.ts";
import { tumbling } from "../../src/time/windows.ts";
import { Mesh } from "./mesh.ts";
import type { Frame } from "./partition-oracle.ts";

const { plan } = stream("in", listSource<Frame>([]))
  .eventTime("clock", (frame) => frame.ts, { lag: 0, idle: "10s" })
  .window("users", tumbling(100), { late: "update" })
  .aggregate({ n: count(), users: distinct((frame: Frame) => frame.user) })
  .to("out", memorySink());

const frame = (ts: number, user = "u"): Frame => ({ ts, user, n: 1 });

/** Tasks that read all there is, of an input that goes on. */
function meshOf(...partitions: readonly (readonly Frame[])[]): Mesh {
  const mesh = new Mesh(plan, partitions, { bounded: false });
  for (const task of mesh.tasks) task.allow(Number.MAX_SAFE_INTEGER);
  return mesh;
}

function results(mesh: Mesh): string[] {
  const out = mesh.values("out") as Aggregated<undefined, { readonly n: number; readonly users: number }>[];
  return out.map(({ window, n, users }) => `${window.start} ${n} ${users}${window.update ? " update" : ""}`);
}

const inputTask = (mesh: Mesh, partition: number) => mesh.tasks.find(({ log }) => log.name === `in-${partition}`)!;

test("a partition that is behind holds the windows of all, until it has been silent for long", async () => {
  const mesh = meshOf([frame(10), frame(250)], [frame(20, "v")]);
  await mesh.clock.advance(8_000);
  expect(results(mesh)).toEqual([]);
  await mesh.clock.advance(4_000);
  expect(results(mesh)).toContain("0 2 2");
  // What was open when all had fallen silent came out as it stood.
  await mesh.clock.advance(10_000);
  expect(results(mesh)).toEqual(["0 2 2", "200 1 1"]);
});

test("a partition without records holds nobody up for longer than a silent one", async () => {
  const mesh = meshOf([frame(10), frame(250)], []);
  await mesh.clock.advance(9_000);
  expect(results(mesh)).toEqual([]);
  await mesh.clock.advance(3_000);
  expect(results(mesh)).toContain("0 1 1");
});

test("a task that dies while its partition is silent does not hold the others up when it is back", async () => {
  const mesh = meshOf([frame(10), frame(150)], [frame(20, "v")]);
  await mesh.clock.advance(12_000);
  inputTask(mesh, 1).restart();
  mesh.tasks.find(({ log }) => log.name === "users-0")!.restart();
  mesh.inputs[0]!.append([frame(260), frame(370)]);
  await mesh.clock.advance(3_000);
  expect(results(mesh)).toEqual(expect.arrayContaining(["100 1 1", "200 1 1"]));
});

test("what comes after a silence of all corrects what came out at it, and nothing is counted twice", async () => {
  const mesh = meshOf([frame(10)], [frame(20, "v")]);
  await mesh.clock.advance(12_000);
  expect(results(mesh)).toEqual(["0 2 2"]);
  mesh.inputs[0]!.append([frame(30), frame(31, "w")]);
  mesh.inputs[1]!.append([frame(40, "v")]);
  await mesh.clock.advance(12_000);
  expect(results(mesh).at(-1)).toBe("0 5 3 update");
  for (const task of mesh.tasks) task.restart();
  mesh.inputs[0]!.append([frame(200)]);
  mesh.inputs[1]!.append([frame(99, "x"), frame(210)]);
  // It may count as silent still when the other has moved on: then its frame corrects the window when event time moves again.
  await mesh.clock.advance(1_000);
  for (const input of mesh.inputs) input.append([frame(220)]);
  await mesh.clock.advance(1_000);
  expect(results(mesh).at(-1)).toBe("0 6 4 update");
});

test("what a partition brings that had been left out is counted as late where the window is gone", async () => {
  const mesh = meshOf([frame(10), frame(7_200_000)], [frame(20, "v")]);
  await mesh.clock.advance(8_000);
  mesh.inputs[0]!.append([frame(7_200_001)]);
  await mesh.clock.advance(4_000);
  expect(results(mesh)).toContain("0 2 2");
  mesh.inputs[1]!.append([frame(30, "w"), frame(7_200_001)]);
  await mesh.clock.advance(3_000);
  expect(results(mesh).filter((result) => result.startsWith("0 "))).toEqual(["0 2 2"]);
  const late = mesh.tasks.map(
    ({ job }) => job.status().steps.find(({ id }) => id === "users")?.counters.lateParts ?? 0,
  );
  expect(late.reduce((a, b) => a + b)).toBe(1);
});
