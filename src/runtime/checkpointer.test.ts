import { describe, expect, test } from "vitest";
import { MillraceError } from "../core/errors.ts";
import type { CheckpointStore } from "../core/state.ts";
import { stream } from "../stream/stream.ts";
import { listSource, memoryCheckpoints, memorySink, pause, TestRun } from "../testing/index.ts";
import { changedSink, changedSource, notingCheckpoints, notingSink, notingSource } from "./parts-fixture.ts";

interface Parts {
  readonly log: string[];
  readonly sink?: Parameters<typeof changedSink<number>>[1];
  readonly source?: Parameters<typeof changedSource<number>>[1];
  readonly store?: (store: CheckpointStore) => CheckpointStore;
}

/** Two sources and two sinks, all of which note what they are asked for, and a store in between. */
function pipelineOf({ log, sink = () => ({}), source = () => ({}), store = (one) => one }: Parts) {
  const a = stream("a", changedSource(notingSource("a", listSource([1, 2, pause(1_500), 3]), log), source));
  const b = stream("b", notingSource("b", listSource([10]), log));
  const all = a.merge("all", b);
  const pipeline = all
    .to("x", changedSink(notingSink("x", memorySink<number>(), log), sink))
    .and(all.to("y", notingSink("y", memorySink<number>(), log)));
  const kept = memoryCheckpoints();
  return { kept, run: new TestRun(pipeline, { checkpoints: store(notingCheckpoints(log, kept)) }) };
}

test("sinks are prepared, then the store commits, then the sinks, then the sources hear that all is safe", async () => {
  const log: string[] = [];
  await pipelineOf({ log }).run.start().finish();
  const once = (id: number, values: number, at: number) => [
    `y prepared ${values}`,
    `x prepared ${values}`,
    `store commit ${id}`,
    `y commit ${values}`,
    `x commit ${values}`,
    `a acknowledge list=${at}`,
    "b acknowledge list=1",
  ];
  expect(log).toEqual([
    "store open",
    ...once(1, 3, 2),
    ...once(2, 4, 4),
    "a close",
    "b close",
    "y close",
    "x close",
    "store close",
  ]);
});

test("without a store the end still makes the sinks safe and acknowledges the sources", async () => {
  const log: string[] = [];
  const pipeline = stream("a", notingSource("a", listSource([1, 2]), log)).to("x", notingSink("x", memorySink(), log));
  await pipeline.run({ signals: false }).done;
  expect(log).toEqual(["x prepared 2", "x commit 2", "a acknowledge list=2", "a close", "x close"]);
});

describe("a failure", () => {
  const no = async () => {
    throw new MillraceError("ML4001", { message: "no" });
  };
  const raw = async () => {
    throw new Error("no");
  };
  const stages: Record<string, [Omit<Parts, "log">, { code: string; step?: string }]> = {
    "in a sink's prepare": [{ sink: () => ({ prepare: no }) }, { code: "ML4001" }],
    "in a sink's prepare, unnamed": [{ sink: () => ({ prepare: raw }) }, { code: "ML2003", step: "x" }],
    "in the store": [{ store: (store) => ({ ...store, commit: no }) }, { code: "ML4001" }],
    "in a sink's commit": [{ sink: () => ({ commit: raw }) }, { code: "ML2003", step: "x" }],
    "in a source's acknowledge": [{ source: () => ({ acknowledge: raw }) }, { code: "ML2003", step: "a" }],
  };

  test.each(Object.entries(stages))(
    "%s fails the run, nothing behind it is done, and all is closed",
    async (_, [parts, error]) => {
      const log: string[] = [];
      const { run, kept } = pipelineOf({ log, ...parts });
      await expect(run.start().finish()).rejects.toMatchObject(error);
      expect(run.job.status()).toMatchObject({ state: "failed", checkpoints: { count: 0 } });
      const done = log.filter((line) => !line.includes("prepared"));
      const committed = parts.sink?.({} as never, {} as never).commit !== undefined || parts.source !== undefined;
      expect(kept.checkpoint?.id).toBe(committed ? 1 : undefined);
      const expected = [
        "store open",
        ...(committed ? ["store commit 1", "y commit 3"] : []),
        ...(parts.source === undefined ? [] : ["x commit 3"]),
      ];
      expect(done).toEqual([...expected, "a close", "b close", "y close", "x close", "store close"]);
    },
  );

  test("elsewhere while a checkpoint is on its way: it is not stored afterwards", async () => {
    const log: string[] = [];
    let prepared = () => {};
    const held = new Promise<void>((resolve) => {
      prepared = resolve;
    });
    const { run, kept } = pipelineOf({
      log,
      sink: (writer) => ({ prepare: () => held.then(() => writer.prepare()) }),
      source: (reader) => ({
        read: async () => {
          const batch = await reader.read();
          if (batch !== "end" && batch.resume(0) === 3) throw new Error("gone");
          return batch;
        },
      }),
    });
    run.start();
    await run.advance(1_600);
    prepared();
    await expect(run.finish()).rejects.toThrow('ML2003 at step "a": gone');
    await run.advance(10_000);
    expect(kept.checkpoint).toBeUndefined();
    expect(log.filter((line) => line.startsWith("store"))).toEqual(["store open", "store close"]);
  });
});

test("checkpoints do not overlap: one that takes long is not overtaken", async () => {
  const log: string[] = [];
  const store = memoryCheckpoints();
  let under = 0;
  let most = 0;
  const items = Array.from({ length: 10 }, (_, at) => [at, pause(700)]).flat();
  const run: TestRun = new TestRun(stream("in", listSource(items)).to("out", memorySink()), {
    checkpoints: {
      ...store,
      commit: async (checkpoint, changes, stores) => {
        most = Math.max(most, ++under);
        await new Promise<void>((resolve) => run.clock.timer(2_500, resolve));
        await store.commit(checkpoint, changes, stores);
        log.push(`${checkpoint.id} ${JSON.stringify(checkpoint.sources)}`);
        under -= 1;
      },
    },
  });
  await run.start().finish();
  expect(most).toBe(1);
  expect(log).toEqual(['1 {"in":{"list":3}}', '2 {"in":{"list":11}}', '3 {"in":{"list":19}}', '4 {"in":{"list":19}}']);
});

test("nothing new, no checkpoint; the last one is taken all the same", async () => {
  const checkpoints = memoryCheckpoints();
  const run = new TestRun(stream("in", listSource([1, pause(60_000)])).to("out", memorySink()), {
    checkpoints,
  }).start();
  await run.advance(30_000);
  expect(checkpoints.checkpoint?.id).toBe(1);
  expect((await run.finish()).checkpoints).toMatchObject({ count: 2, lastAtMs: 60_000, store: {} });
});

test("ids go on counting, at the interval that was asked for", async () => {
  const checkpoints = memoryCheckpoints();
  const items = [1, pause(30), 2, pause(30), 3, pause(30)];
  const run = new TestRun(stream("in", listSource(items)).to("out", memorySink()), {
    checkpoints,
    checkpointInterval: 20,
  });
  run.start();
  await run.advance(45);
  expect(checkpoints.checkpoint).toMatchObject({ id: 2, sources: { in: { list: 3 } } });
  run.kill();
  await run.start().finish();
  expect(checkpoints.checkpoint!.id).toBeGreaterThan(3);
});

test("a store that fails to copy its changes does not leave a rejection nobody hears", async () => {
  const unheard: unknown[] = [];
  const note = (reason: unknown) => unheard.push(reason);
  process.on("unhandledRejection", note);
  const keeps = {
    kind: "keeps",
    version: "1",
    open: (context: { state<V>(name: string): { set(value: V): void } }) => {
      const kept = context.state<unknown>("kept");
      return { record: () => kept.set(() => 1) };
    },
  };
  const sink = changedSink(memorySink(), () => ({
    prepare: async () => {
      throw new Error("and this as well");
    },
  }));
  const run = new TestRun(
    stream("in", listSource([1, pause(2_000)]))
      .process("step", keeps)
      .to("out", sink),
  ).start();
  await expect(run.finish()).rejects.toMatchObject({ step: "step" });
  await run.advance(1);
  process.off("unhandledRejection", note);
  expect(unheard).toEqual([]);
});
