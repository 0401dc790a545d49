/** When a checkpoint is taken for output that waits for one, and what a store is told of cuts and of the end. */
import { expect, test } from "vitest";
import type { Checkpoint, CheckpointStore } from "../core/state.ts";
import { stream } from "../stream/stream.ts";
import { listSource, memoryCheckpoints, memorySink, pause, TestRun } from "../testing/index.ts";
import { changedSink } from "./parts-fixture.ts";

/** Checkpoints in memory, and when each was committed; a commit takes `commitMs`. */
function timed(now: () => TestRun, commitMs = 0) {
  const store = memoryCheckpoints();
  const at: number[] = [];
  const taken: Checkpoint[] = [];
  const timedStore: CheckpointStore = {
    ...store,
    commit: async (checkpoint, changes, stores) => {
      at.push(now().clock.now());
      taken.push(checkpoint);
      if (commitMs > 0) await new Promise<void>((resolve) => now().clock.timer(commitMs, resolve));
      await store.commit(checkpoint, changes, stores);
    },
  };
  return { store: timedStore, at, taken };
}

/** A run that keeps odd numbers, given as they come, with a pause of so many milliseconds between. */
function oddsOf(items: readonly (number | ReturnType<typeof pause>)[], commitMs = 0) {
  const { store, at, taken } = timed(() => run, commitMs);
  const pipeline = stream("in", listSource(items))
    .filter("odd", (n) => n % 2 === 1)
    .to("out", memorySink());
  const run: TestRun = new TestRun(pipeline, {
    checkpoints: store,
    checkpointInterval: "10s",
    outputCheckpointMs: 100,
  });
  return { run, at, taken };
}

test("a checkpoint comes so long after the first output since the last, and at the interval without any", async () => {
  const { run, at } = oddsOf([pause(500), 1, pause(60), 3, pause(1000), 5, pause(7000), 4, pause(11_000)]);
  await run.start().finish();
  // The 4 of 8560 is no output: it has its turn at the interval.
  expect(at).toEqual([600, 1660, 10_000, 19_560]);
});

test("output that has waited long enough during a checkpoint gets the next as soon as that is done", async () => {
  const { run, at } = oddsOf([1, pause(120), 3, pause(5000)], 700);
  await run.start().finish();
  expect(at).toEqual([100, 800, 5120]);
});

test("output of the same turn as a cut is not forgotten", async () => {
  const { run, at } = oddsOf([1, pause(100), 3, pause(5000)]);
  await run.start().finish();
  expect(at.slice(0, 2)).toEqual([100, 200]);
});

test("the last checkpoint says that the input has ended, but not when the run was stopped before", async () => {
  const whole = oddsOf([1, pause(500), 3]);
  await whole.run.start().finish();
  expect(whole.taken.map(({ ended }) => ended)).toEqual([undefined, true]);
  const stopped = oddsOf([1, pause(500), 3]);
  stopped.run.start();
  await stopped.run.advance(300);
  await stopped.run.stop();
  expect(stopped.taken.map(({ ended }) => ended)).toEqual([undefined, undefined]);
});

test("a store hears of the cut in the turn in which sinks are prepared, before state is collected", async () => {
  const log: string[] = [];
  const note = (line: string) => {
    log.push(line);
    queueMicrotask(() => log.push("turn over"));
  };
  const sink = changedSink(memorySink(), (writer) => ({
    prepare: () => {
      note("prepare");
      return writer.prepare();
    },
  }));
  const keeps = {
    kind: "keeps",
    version: "1",
    open: (context: { store<V>(name: string, options: object): { set(key: string, value: V): void } }) => {
      const encode = (value: number) => {
        note("collect");
        return Buffer.from([value]);
      };
      const kept = context.store<number>("kept", { codec: { encode, decode: (bytes: Uint8Array) => bytes[0]! } });
      return { record: (n: number) => kept.set("n", n) };
    },
  };
  const store = { ...memoryCheckpoints(), cut: () => note("cut") };
  const pipeline = stream("in", listSource([1]))
    .process("step", keeps)
    .to("out", sink);
  await new TestRun(pipeline, { checkpoints: store }).start().finish();
  expect(log.slice(0, 4)).toEqual(["prepare", "cut", "collect", "turn over"]);
});
