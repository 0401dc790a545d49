import { expect, test } from "vitest";
import { count, stream, tumbling } from "../index.ts";
import { listSource, ManualClock, memorySink, pause, settled, TestRun } from "../testing/index.ts";
import { changedSink } from "./parts-fixture.ts";

test("a status can be had at every moment, and tells the state of the run", async () => {
  let open = () => {};
  const opening = new Promise<void>((resolve) => {
    open = resolve;
  });
  const slowToOpen = memorySink<unknown>();
  const sink = { ...slowToOpen, open: (context: never) => opening.then(() => slowToOpen.open(context)) };
  const pipeline = stream("in", listSource([1, 2, pause(60_000), 3]))
    .eventTime("clock", (n) => n * 1_000, { lag: 0 })
    .window("window", tumbling("10s"))
    .aggregate({ n: count() })
    .to("out", sink);
  const run = new TestRun(pipeline, { clock: new ManualClock(1_000_000) }).start();
  const states: string[] = [];
  const look = () => {
    const status = run.job.status();
    states.push(status.state);
    expect(status.steps.map(({ id }) => id)).toEqual(["in", "clock", "window", "out"]);
    expect(JSON.parse(JSON.stringify(status)).state).toBe(status.state);
    return status;
  };
  expect(look()).toMatchObject({ sources: [], checkpoints: { count: 0 }, error: undefined, elapsedMs: 0 });
  await settled();
  expect(look().steps[3]).toMatchObject({ in: 0, own: { full: false } });
  open();
  await run.advance(10);
  expect(look()).toMatchObject({
    atMs: 1_000_010,
    elapsedMs: 10,
    sources: [{ id: "in", name: "list of 4", records: 2, activity: "reading", partitions: ["list"] }],
    steps: [
      { id: "in", kind: "source", in: 2, out: 2, inputs: [] },
      { id: "clock", kind: "event time", in: 2, out: 2, inputs: ["in"] },
      { id: "window", kind: "window", in: 2, out: 0, watermark: 2_000, inputs: ["clock"] },
      { id: "out", kind: "sink", in: 0, out: 0, watermark: 2_000, inputs: ["window"] },
    ],
  });
  run.job.stop();
  look();
  await run.finish();
  expect(look()).toMatchObject({ sources: [{ activity: "ended", silentMs: 0 }], checkpoints: { count: 1 } });
  const ended = run.job.status();
  await run.advance(5_000);
  expect(run.job.status().elapsedMs, "the time of the run stands still").toBe(ended.elapsedMs);
  expect(states).toEqual(["starting", "starting", "running", "draining", "finished"]);
});

test("a failed run tells its error, and what it had done", async () => {
  const pipeline = stream("in", listSource([1, 2, 3]))
    .map("step", (n) => {
      if (n === 3) throw new Error("three");
      return n;
    })
    .to("out", memorySink());
  const run = new TestRun(pipeline).start();
  await expect(run.finish()).rejects.toThrow();
  expect(run.job.status()).toMatchObject({
    state: "failed",
    error: expect.stringContaining("three"),
    steps: [{}, { id: "step", in: 3, out: 2 }, { id: "out", in: 2 }],
  });
});

test("a step that is held up says by what; steps give figures of their own", async () => {
  const sink = changedSink(memorySink<number>(), () => ({ full: true, drain: () => new Promise(() => {}) }));
  const pipeline = stream("in", listSource([1, 2]))
    .via<number>("step", {
      kind: "own",
      open: (context) => {
        context.meter.gauge("depth", () => 7);
        context.meter.counter("seen", "odd").value += 2;
        return {
          record: (n: number) => context.emit(n),
          status: () => ({ mine: "yes" }),
          waitsFor: () => "waits for better times",
        };
      },
    })
    .to("out", sink);
  const run = new TestRun(pipeline).start();
  await run.advance(10);
  expect(run.job.status()).toMatchObject({
    sources: [{ activity: "held back", heldBackBy: "out" }],
    steps: [
      { id: "in", waitsFor: undefined },
      { id: "step", own: { depth: 7, mine: "yes" }, counters: { "seen:odd": 2 }, waitsFor: "waits for better times" },
      { id: "out", waitsFor: "waits for room: the other side takes less than comes" },
    ],
  });
  run.kill();
});
