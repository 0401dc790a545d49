import { describe, expect, test, vi } from "vitest";
import type { Operator } from "../core/operator.ts";
import { mapAsync } from "../operators/map-async.ts";
import { stream } from "../stream/stream.ts";
import { drive, listSource, memoryCheckpoints, memorySink, pause, settled, TestRun } from "../testing/index.ts";
import { changedSink, changedSource, notingSink, numbersThrough } from "./parts-fixture.ts";

/** Says when its input has ended. */
const saysEnd: Operator<number, string> = {
  kind: "says end",
  open: (context) => ({ record: (n) => context.emit(`${n}`), end: () => context.emit("end") }),
};

const never = () => new Promise<never>(() => {});

describe("stop", () => {
  test("reads no more, finishes what is under way, keeps a last checkpoint and closes", async () => {
    const log: string[] = [];
    const checkpoints = memoryCheckpoints();
    const sink = memorySink<number>();
    const slow = mapAsync(async (n: number) => {
      await new Promise<void>((resolve) => run.clock.timer(500, resolve));
      return n * 10;
    });
    const pipeline = stream("in", listSource([1, 2, pause(1_000_000), 3]))
      .via("slow", slow)
      .to("out", notingSink("out", sink, log));
    const run = new TestRun(pipeline, { checkpoints }).start();
    await run.advance(100);
    const status = await run.stop();
    expect(status).toMatchObject({ state: "finished", sources: [{ records: 2, activity: "ended" }] });
    expect(sink.values).toEqual([10, 20]);
    expect(checkpoints.checkpoint).toMatchObject({ sources: { in: { list: 2 } }, sinks: { out: 2 } });
    expect(log).toEqual(["out prepared 2", "out commit 2", "out close"]);
    expect(run.clock.monotonic()).toBe(500);
  });

  test("twice is once; after the end it does nothing", async () => {
    const { pipeline, sink } = numbersThrough(saysEnd, [1, pause(1_000), 2]);
    const run = new TestRun(pipeline).start();
    await run.advance(10);
    run.job.stop();
    run.job.stop();
    const status = await run.finish();
    run.job.stop();
    await run.advance(100_000);
    expect(run.job.status()).toEqual({ ...status, atMs: 100_010 });
    expect(sink.values).toEqual(["1"]);
  });

  test("before anything was opened reads nothing", async () => {
    const { pipeline, sink } = numbersThrough(saysEnd, [1, 2]);
    const run = new TestRun(pipeline).start();
    run.job.stop();
    expect(await run.finish()).toMatchObject({ state: "finished", sources: [{ records: 0 }] });
    expect(sink.values).toEqual([]);
    await run.start().finish();
    expect(sink.values).toEqual(["1", "2", "end"]);
  });

  test.each(["source", "sink"])(
    "while a %s waits for something it needs gives the wait up, and is no failure",
    async (part) => {
      const waiting = ({ signal }: { readonly signal?: AbortSignal | undefined }) =>
        new Promise<never>((_, reject) => {
          signal!.addEventListener("abort", () => reject(new Error("it never came")));
        });
      const source = listSource([1]);
      const sink = memorySink<number>();
      const pipeline = stream("in", part === "source" ? { ...source, open: waiting } : source).to(
        "out",
        part === "sink" ? { traits: sink.traits, open: waiting } : sink,
      );
      const run = new TestRun(pipeline, { checkpoints: memoryCheckpoints() }).start();
      await run.advance(10);
      expect(run.job.status().state).toBe("starting");
      expect(await run.stop()).toMatchObject({ state: "finished" });
      expect(sink.values).toEqual([]);
    },
  );

  test("without checkpoints counts as the end of the input: nothing will go on", async () => {
    const { pipeline, sink } = numbersThrough(saysEnd, [1, pause(1_000), 2]);
    const job = pipeline.run({ signals: false });
    await settled();
    job.stop();
    await job.done;
    expect(sink.values).toEqual(["1", "end"]);
  });

  test("a source that ends on its own while being stopped is not taken for one that has ended", async () => {
    const { pipeline, sink } = numbersThrough(saysEnd, [1, pause(1_000), 2]);
    const run = new TestRun(pipeline).start();
    await run.advance(5);
    await run.stop();
    expect(sink.values).toEqual(["1"]);
  });
});

describe("drain", () => {
  test("ends after its time with an error, and closes all the same", async () => {
    const log: string[] = [];
    const pipeline = stream("in", listSource([1, pause(1_000_000)]))
      .mapAsync("stuck", never)
      .to("out", notingSink("out", memorySink(), log));
    const run = new TestRun(pipeline, { drain: "2s" }).start();
    await run.advance(10);
    run.job.stop();
    await run.advance(1_999);
    expect(run.job.status().state).toBe("draining");
    await expect(run.finish()).rejects.toThrow(
      "ML6001: not drained after 2000 ms. Give it longer to drain, or look with `/status` which step holds it up. ",
    );
    expect(run.clock.monotonic()).toBe(2_010);
    expect(log.filter((line) => line.endsWith("close"))).toEqual(["out close"]);
    expect(run.job.status().state).toBe("failed");
  });

  test("does not wait for a sink that takes nothing: what it was given stands, the rest is read again", async () => {
    const stuck = changedSink(memorySink<number>(), () => ({ full: true, drain: never }));
    const checkpoints = memoryCheckpoints();
    const source = listSource([1, 2, 3], { batchRecords: 3 });
    const run = new TestRun(stream("in", source).to("out", stuck), { drain: "2s", checkpoints }).start();
    await run.advance(10);
    expect(await run.stop()).toMatchObject({ state: "finished", sources: [{ records: 1 }] });
    expect(checkpoints.checkpoint).toMatchObject({ sources: { in: { list: 1 } }, sinks: { out: 1 } });
  });

  test("is not held up for ever by a sink that never makes safe what it has, nor closes", async () => {
    const stuck = changedSink(memorySink<number>(), () => ({ prepare: never, close: never }));
    const source = listSource([1, pause(1_000_000)]);
    const run = new TestRun(stream("in", source).to("out", stuck), { drain: "2s" }).start();
    await run.advance(10);
    await expect(run.stop()).rejects.toMatchObject({ code: "ML6001" });
    expect(run.clock.monotonic()).toBeLessThan(60_000);
  });

  test("does not limit a pipeline whose input has ended by itself", async () => {
    const sink = memorySink<number>();
    const run: TestRun = new TestRun(
      stream("in", listSource([1]))
        .mapAsync("slow", async (n) => {
          await new Promise<void>((resolve) => run.clock.timer(600_000, resolve));
          return n;
        })
        .to("out", sink),
      { drain: "1s" },
    );
    await run.start().finish();
    expect(sink.values).toEqual([1]);
  });
});

test("each step is ended once, when the last of its sources has ended, before those behind it", async () => {
  const log: string[] = [];
  const ending = (name: string): Operator<number, number> => ({
    kind: "ending",
    open: (context) => ({ record: (n) => context.emit(n), end: () => void log.push(name) }),
  });
  const a = stream("a", listSource([1])).via("after-a", ending("after a"));
  const b = stream("b", listSource([pause(500), 2])).via("after-b", ending("after b"));
  const c = stream("c", listSource([pause(900), 3])).via("after-c", ending("after c"));
  const both = a.merge("both", b).via("behind", ending("behind a and b"));
  await drive(both.to("x", memorySink()).and(c.to("y", memorySink())));
  expect(log).toEqual(["after a", "after b", "behind a and b", "after c"]);
});

describe("silence", () => {
  const silent = (items: Parameters<typeof numbersThrough>[1], options = {}) => {
    const { pipeline, sink } = numbersThrough(saysEnd, items);
    return { sink, run: new TestRun(pipeline, { stopAfterSilence: "10s", ...options }).start() };
  };

  test("ends the run as the end of the input does, checkpoints or not", async () => {
    const { sink, run } = silent([1, pause(9_999), 2, pause(1_000_000), 3]);
    expect(await run.finish()).toMatchObject({ state: "finished", sources: [{ records: 2 }] });
    expect(sink.values).toEqual(["1", "2", "end"]);
    expect(run.clock.monotonic()).toBe(19_999);
  });

  test("is silence of every source that has not ended", async () => {
    const sink = memorySink<number>();
    const a = stream("a", listSource([1]));
    const b = stream("b", listSource([pause(8_000), 2, pause(8_000), 3, pause(1_000_000)]));
    const c = stream("c", listSource([pause(12_000), 4, pause(1_000_000)]));
    const run = new TestRun(a.merge("all", b, c).to("out", sink), { stopAfterSilence: "10s" });
    await run.start().finish();
    expect(sink.values).toEqual([1, 2, 4, 3]);
    expect(run.clock.monotonic()).toBe(26_000);
  });

  test("is not time in which the source was held back", async () => {
    const sink = memorySink<number>();
    const run: TestRun = new TestRun(
      stream("in", listSource([1, 2]))
        .mapAsync(
          "slow",
          async (n) => {
            await new Promise<void>((resolve) => run.clock.timer(30_000, resolve));
            return n;
          },
          { concurrency: 1 },
        )
        .to("out", sink),
      { stopAfterSilence: "10s", drain: "1s" },
    );
    await run.start().finish();
    expect(sink.values).toEqual([1, 2]);
  });

  test("does not cut short what is still to be done once all sources have ended", async () => {
    const sink = memorySink<number>();
    const run: TestRun = new TestRun(
      stream("in", listSource([1]))
        .mapAsync("slow", async (n) => {
          await new Promise<void>((resolve) => run.clock.timer(60_000, resolve));
          return n;
        })
        .to("out", sink),
      { stopAfterSilence: "10s", drain: "1s" },
    );
    await run.start().finish();
    expect(sink.values).toEqual([1]);
  });
});

describe("failures outside of records", () => {
  const failing = (when: "timer" | "enter", thrown: unknown): Operator<number, number> => ({
    kind: "failing",
    open: (context) => {
      const fail = () => {
        throw thrown;
      };
      return {
        record: () => {
          if (when === "timer") context.timer(100, fail);
          else Promise.resolve().then(() => context.enter(fail));
        },
      };
    },
  });

  test.each(["timer", "enter"] as const)("in %s fail the run, naming the step", async (when) => {
    const { pipeline } = numbersThrough(failing(when, new Error("no")), [1, pause(10_000)]);
    await expect(drive(pipeline)).rejects.toMatchObject({
      message: `ML2003 at step "step": no. See the cause; if it is the engine's own, please report it.`,
      position: undefined,
    });
  });

  test("the first failure is the run's", async () => {
    const { pipeline } = numbersThrough(failing("timer", new Error("first")), [
      1,
      pause(200),
      ...Array.from({ length: 5 }, (_, at) => at),
    ]);
    const run = new TestRun(pipeline).start();
    await expect(run.finish()).rejects.toThrow("first");
    await run.advance(10_000);
    expect(run.job.status().error).toContain("first");
  });

  test("timers and answers that come after the end do nothing", async () => {
    const late: string[] = [];
    let enter = (_work: () => void) => {};
    const { pipeline } = numbersThrough(
      {
        kind: "late",
        open: (context) => {
          enter = (work) => context.enter(work);
          context.timer(500, () => late.push("timer"));
          return { record: () => {} };
        },
      },
      [1],
    );
    const run = new TestRun(pipeline).start();
    await run.job.done;
    enter(() => late.push("enter"));
    await run.advance(1_000);
    expect(late).toEqual([]);
  });

  test("a source that cannot be read fails the run, naming the source", async () => {
    const broken = changedSource(listSource([1]), () => ({
      read: async () => {
        throw new Error("unplugged");
      },
    }));
    await expect(drive(stream("in", broken).to("out", memorySink()))).rejects.toThrow(
      'ML2003 at step "in": unplugged. ',
    );
  });

  test("nobody has to listen to `done`: the status has the error", async () => {
    const unheard: unknown[] = [];
    const note = (reason: unknown) => unheard.push(reason);
    process.on("unhandledRejection", note);
    const { pipeline } = numbersThrough(failing("enter", new Error("no")), [1]);
    const [warn, { exitCode }] = [vi.spyOn(process, "emitWarning").mockReturnValue(), process];
    const job = pipeline.run({ signals: false });
    for (let turn = 0; turn < 5; turn++) await settled();
    process.off("unhandledRejection", note);
    process.exitCode = exitCode;
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "ML2003" }));
    warn.mockRestore();
    expect(unheard).toEqual([]);
    expect(job.status()).toMatchObject({ state: "failed", error: expect.stringContaining("no") });
    await expect(job.done).rejects.toThrow("no");
  });
});
