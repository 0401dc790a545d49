import { expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.ts";
import { count, distinct, distinctApprox, quantile } from "../../src/operators/aggregates/index.ts";
import { kinds } from "../../src/operators/exchange/format.ts";
import type { Aggregated } from "../../src/operators/window.ts";
import { stream } from "../../src/stream/stream.ts";
import { listSource, memorySink } from "../../src/testing/index.ts";
import { tumbling } from "../../src/time/windows.ts";
import { Mesh, type MeshOptions } from "./mesh.ts";
import type { Frame } from "./partition-oracle.ts";

const dayMs = 86_400_000;

const aggregates = { n: count(), users: distinct((frame: Frame) => frame.user) };
const { plan } = stream("in", listSource<Frame>([]))
  .eventTime("clock", (frame) => frame.ts, { lag: 0 })
  .window("users", tumbling("1h", "1d"), { late: "update", allowedLateness: "1d" })
  .aggregate(aggregates)
  .to("out", memorySink());

type Result = Aggregated<undefined, { readonly n: number; readonly users: number }>;

function mesh(partitions: readonly (readonly Frame[])[], options: MeshOptions): Mesh {
  const tasks = new Mesh(plan, partitions, options);
  for (const task of tasks.tasks) task.allow(Number.MAX_SAFE_INTEGER);
  return tasks;
}

/** The parts that lie in the exchange, by their length. */
const partBytes = (tasks: Mesh) =>
  [...tasks.exchanges.values()]
    .flat()
    .flatMap(({ records }) => records.filter((bytes) => (bytes[0]! & 15) === kinds.part).map((bytes) => bytes.length));

const days = (tasks: Mesh) => (tasks.values("out") as Result[]).filter(({ window }) => window.size === dayMs);

test("a large set leaves in pieces, as there is room, and is whole whenever its task dies", async () => {
  const users = 60_000;
  const partitions = [0, 1].map((p) =>
    Array.from({ length: users }, (_, i): Frame => ({ ts: i * 1000, user: `user number ${p * 35_000 + i}`, n: 1 })),
  );
  for (const frames of partitions) frames.push({ ts: dayMs, user: "the next day's", n: 1 });
  const tasks = mesh(partitions, { fullAt: 1, checkpointMs: 2 });
  const random = seededRandom(5);
  for (let death = 0; death < 12; death++) {
    await tasks.clock.advance(2 + random.below(4));
    for (const task of tasks.tasks) task.restart();
  }
  await tasks.finish();
  expect(days(tasks).filter(({ window }) => window.start === 0)).toMatchObject([
    { window: { update: false }, n: 2 * users, users: 95_000 },
  ]);
  const bytes = partBytes(tasks);
  expect(bytes.filter((length) => length > 200_000).length).toBeGreaterThan(7);
  expect(Math.max(...bytes)).toBeLessThan(300_000);
}, 60_000);

test("what comes late is handed over by itself, and not the whole again", async () => {
  const frames = Array.from({ length: 20_000 }, (_, i): Frame => ({ ts: i * 1000, user: `user ${i}`, n: 1 }));
  const tasks = mesh([[...frames, { ts: dayMs + 5, user: "x", n: 1 }], [{ ts: dayMs + 5, user: "x", n: 1 }]], {
    bounded: false,
  });
  await tasks.clock.advance(1_000);
  expect(days(tasks)).toMatchObject([{ n: 20_000, users: 20_000 }]);
  const before = new Map([...tasks.exchanges.values()].flat().map((log) => [log, log.records.length]));
  tasks.tasks[0]!.restart();
  const late = { user: "late", n: 1 };
  tasks.inputs[0]!.append([
    { ts: 7, ...late },
    { ts: 8, user: "user 5", n: 1 },
    { ts: dayMs + 9, user: "x", n: 1 },
  ]);
  tasks.inputs[1]!.append([{ ts: dayMs + 9, user: "x", n: 1 }]);
  await tasks.clock.advance(1_000);
  expect(days(tasks).at(-1)).toMatchObject({ window: { start: 0, update: true }, n: 20_002, users: 20_001 });
  const added = [...before].flatMap(([log, length]) => log.records.slice(length));
  const parts = added.filter((bytes) => (bytes[0]! & 15) === kinds.part);
  // The first day's, its first hour's and the second day's.
  expect(parts.map(({ length }) => length < 100)).toEqual([true, true]);
});

test("sketches larger than a piece are put together again", () => {
  const sketch = quantile((n: number) => n, [0, 0.1, 0.5, 0.9, 1], { error: 0.001 });
  const about = distinctApprox((n: number) => n, { error: 0.002 });
  for (const aggregate of [sketch, about]) {
    const [from, into, whole] = [aggregate.family("nested"), aggregate.family("alone"), aggregate.family("alone")];
    let pieces = 0;
    const random = seededRandom(3);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 30_000; i++) {
        const value = (random.below(2) === 0 ? -1 : 1) * 10 ** (random.below(20_000_000) / 1_000_000 - 10);
        const input = aggregate.input(value);
        from.add(input, [0, 2], 2);
        whole.add(input, [0], 1);
      }
      for (const piece of from.handOver(2)) {
        pieces++;
        expect(piece.length).toBeLessThan(300_000);
        into.takeOver(0, Uint8Array.from(piece));
      }
    }
    expect(into.result(0)).toEqual(whole.result(0));
    expect(pieces).toBeGreaterThan(6);
    expect([...from.handOver(2)]).toEqual([]);
  }
});
