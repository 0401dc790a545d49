import { expect, test } from "vitest";
import { sleep } from "../core/clock.ts";
import type { Sink } from "../core/sink.ts";
import { stream } from "../stream/stream.ts";
import { listSource, ManualClock, pause, TestRun } from "../testing/index.ts";

/** Holds records back until it is flushed, and notes when each went out. */
function holdingSink(clock: ManualClock) {
  const out: string[] = [];
  let held: unknown[] = [];
  let flushes = 0;
  let closed = false;
  const flush = () => {
    if (closed) out.push("flushed when it was closed");
    flushes += 1;
    for (const value of held) out.push(`${value} @${clock.monotonic()}`);
    held = [];
  };
  const sink: Sink<unknown> = {
    traits: { name: "holding", delivery: "at-least-once" },
    open: async () => ({
      write: (value) => void held.push(value),
      full: false,
      drain: async () => {},
      flush,
      prepare: async () => null,
      close: async () => {
        closed = true;
      },
    }),
  };
  return { sink, out, flushes: () => flushes };
}

test("what comes back from outside while no source gives anything goes out at once, or 5 ms after what came just before", async () => {
  const clock = new ManualClock();
  const { sink, out, flushes } = holdingSink(clock);
  const call = async (n: number) => {
    await sleep(clock, n);
    return n;
  };
  const pipeline = stream("in", listSource([100, 101, 102, 107, 300, pause(5000), 1, 2]))
    .mapAsync("step", call)
    .to("out", sink);
  const run = new TestRun(pipeline, { clock }).start();
  await run.advance(50);
  const before = flushes();
  await run.advance(550);
  expect(out).toEqual(["100 @100", "101 @105", "102 @105", "107 @110", "300 @300"]);
  expect(flushes() - before).toBe(4);
  // The last result would go out by itself only after the end.
  await run.finish();
  await clock.advance(100);
  expect(out.slice(5)).toEqual(["1 @5001"]);
});

test("what a step's timer lets out goes out, too; one that lets nothing out has nothing flushed", async () => {
  const clock = new ManualClock();
  const { sink, out, flushes } = holdingSink(clock);
  const pipeline = stream("in", listSource([1, 3, pause(5000), 4]))
    .resequence("order", { by: (n) => n, gapTimeout: "200ms" })
    .to("out", sink);
  const run = new TestRun(pipeline, { clock }).start();
  await run.advance(50);
  const before = flushes();
  await run.advance(550);
  expect(out).toEqual(["1 @0", "3 @200"]);
  expect(flushes() - before).toBe(1);
  await run.finish();
});
