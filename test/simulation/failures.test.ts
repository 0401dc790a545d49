import { expect, test } from "vitest";
import { type CheckpointStore, type Processor, type Sink, stream } from "../../src/index.ts";
import { crash, listSource, memoryCheckpoints, memorySink, pause, TestRun } from "../../src/testing/index.ts";

/** Each number with the sum of all so far. */
const runningSum: Processor<number, string> = {
  kind: "running sum",
  version: "1",
  open: (context) => {
    const sum = context.state<number>("sum");
    return {
      record: (n) => {
        sum.set((sum.get() ?? 0) + n);
        context.emit(`${n} ${sum.get()}`);
      },
    };
  },
};

/** A sink of which the `n`-th checkpoint fails. */
function failsAt<T>(sink: Sink<T>, n: number): Sink<T> {
  let prepared = 0;
  const open: Sink<T>["open"] = async (context) => {
    const writer = await sink.open(context);
    return {
      full: false,
      write: (value, record) => writer.write(value, record),
      drain: () => writer.drain(),
      flush: () => writer.flush(),
      prepare: async () => {
        prepared += 1;
        if (prepared === n) throw new Error("the sink cannot be reached");
        return writer.prepare();
      },
      close: () => writer.close(),
    };
  };
  return { traits: sink.traits, open };
}

test("what a checkpoint that failed had collected is not missing from a later one", async () => {
  const sink = memorySink<string>();
  const items = [1, pause(1_500), 2, pause(1_000), 3, pause(1_000), 4];
  const run = new TestRun(stream("in", listSource(items)).process("sum", runningSum).to("out", failsAt(sink, 2)));
  await expect(run.start().finish()).rejects.toThrow("the sink cannot be reached");
  await run.start().finish();
  expect(sink.values).toEqual(["1 1", "2 3", "3 6", "4 10"]);
});

test("a run that has failed has nothing under way that still writes", async () => {
  const kept = memoryCheckpoints();
  const log: string[] = [];
  const items = [1, 2, pause(1_010), crash(), 3];
  const run: TestRun = new TestRun(stream("in", listSource(items)).to("out", memorySink()), {
    checkpoints: { ...kept, commit: slowly },
  });
  async function slowly(...all: Parameters<CheckpointStore["commit"]>): Promise<void> {
    log.push("storing");
    await new Promise<void>((resolve) => void run.clock.timer(5_000, resolve));
    await kept.commit(...all);
    log.push("stored");
  }
  await run
    .start()
    .finish()
    .catch(() => log.push("failed"));
  expect(log).toEqual(["storing", "stored", "failed"]);
});

test("a timer set for a time that has passed fires right after the record, in whichever run", async () => {
  const late: Processor<number, string> = {
    kind: "late",
    version: "1",
    open: (context) => ({
      record: (n) => context.setTimer(`${n}`, n),
      timer: (name) => context.emit(`timer ${name}`),
    }),
  };
  const sink = memorySink<string>();
  const pipeline = stream("in", listSource([100, 50, 40, pause(2_000), 30]))
    .eventTime("clock", (n) => n, { lag: 0 })
    .process("late", late)
    .to("out", sink);
  const run = new TestRun(pipeline).start();
  await run.advance(1_500);
  expect(sink.values).toEqual(["timer 100", "timer 50", "timer 40"]);
  run.kill();
  await run.start().finish();
  expect(sink.values).toEqual(["timer 100", "timer 50", "timer 40", "timer 30"]);
});
