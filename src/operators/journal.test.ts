import fc from "fast-check";
import { expect, test } from "vitest";
import { stream } from "../stream/stream.ts";
import { drive, type ListItem, listSource, memorySink, pause, simulateSeeds, TestRun } from "../testing/index.ts";

/** A source that forgets what it gave, as a socket does; opened again, it goes on behind that. */
function forgetful(items: readonly ListItem<number>[]) {
  const inner = listSource(items, { batchRecords: 3 });
  let given = 0;
  return {
    traits: { ...inner.traits, replayable: false },
    open: async (context: Parameters<typeof inner.open>[0]) => {
      const reader = await inner.open({ ...context, resume: new Map([["list", given]]) });
      return {
        read: async () => {
          const batch = await reader.read();
          if (batch !== "end") given = Number(batch.resume(batch.size));
          return batch;
        },
        close: () => reader.close(),
      };
    },
  };
}

test("a record is handed on when a checkpoint has it, and not before", async () => {
  const out = memorySink<number>();
  const pipeline = stream("numbers", listSource([1, 2, pause(150), 3, pause(1000)]))
    .journal("log")
    .to("out", out);
  const run = new TestRun(pipeline, { checkpointInterval: "100ms" }).start();
  await run.advance(99);
  expect(out.values).toEqual([]);
  expect(run.job.status().steps.find(({ id }) => id === "log")!.own).toMatchObject({ held: 2 });
  await run.advance(2);
  expect(out.values).toEqual([1, 2]);
  await run.advance(98);
  expect(out.values).toEqual([1, 2]);
  await run.finish();
  expect(out.values).toEqual([1, 2, 3]);
});

test("without checkpoints records pass as they come", async () => {
  const out = memorySink<number>();
  await drive(
    stream("numbers", listSource([1, 2, 3]))
      .journal("log")
      .to("out", out),
  );
  expect(out.values).toEqual([1, 2, 3]);
});

test("what was handed on before a crash was durable: the state behind knows it, though the source forgets", async () => {
  const items = Array.from({ length: 60 }, (_, index) => [index, pause(9)]).flat();
  const lives = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lives, async (given) => {
      const told: number[] = [];
      const out = memorySink<number>();
      const pipeline = stream("numbers", forgetful(items))
        .journal("log")
        .map("tell", (n) => {
          told.push(n);
          return n;
        })
        .to("out", out);
      const run = new TestRun(pipeline, { checkpointInterval: "40ms" }).start();
      const toldBefore: number[] = [];
      for (const ms of given) {
        await run.advance(ms);
        run.kill();
        toldBefore.push(...told.splice(0));
        run.start();
      }
      await run.finish();
      // Whatever anybody was told is in the output in the end, once and in order, whichever crash came after.
      expect(toldBefore.filter((n) => !out.values.includes(n))).toEqual([]);
      expect(out.values).toEqual([...new Set(out.values)].sort((a, b) => a - b));
    }),
    { numRuns: 80 },
  );
});

test("the sources wait while it is full", async () => {
  const out = memorySink<number>();
  const numbers = Array.from({ length: 500 }, (_, index) => index);
  const pipeline = stream("numbers", listSource(numbers, { batchRecords: 100 })).journal("log", { capacity: 30 });
  const run = new TestRun(pipeline.to("out", out), { checkpointInterval: "10ms" }).start();
  for (let at = 0; at < 50; at++) {
    const held = run.job.status().steps.find(({ id }) => id === "log")!.own.held;
    expect(Number(held ?? 0)).toBeLessThanOrEqual(30);
    await run.advance(3);
  }
  await run.finish();
  expect(out.values).toEqual(numbers);
});

test("a step before it that hands on a long run stops while it is full, and neither waits for the other", async () => {
  const out = memorySink<number>({ pendingRecordsMax: 7 });
  const numbers = [...Array.from({ length: 3000 }, (_, index) => index + 2), 1];
  const pipeline = stream("numbers", listSource(numbers, { batchRecords: 100 }))
    .resequence("order", { by: (n) => n, gapTimeout: "never" })
    .journal("log", { capacity: 30 });
  const run = new TestRun(pipeline.to("out", out), { checkpointInterval: "10ms" }).start();
  await run.finish();
  expect(out.values).toEqual([...numbers].sort((a, b) => a - b));
});

test("watermarks stay behind the records that came before them", async () => {
  const log: unknown[] = [];
  const pipeline = stream("numbers", listSource([1, 2, pause(50), 3], { live: false }))
    .eventTime("clock", (n) => n, { lag: 0 })
    .journal("log")
    .via("look", {
      kind: "look",
      open: () => ({ record: (n) => void log.push(n), watermark: (time) => void log.push(`w${time}`) }),
    });
  await drive(pipeline.to("out", memorySink()), { state: undefined, checkpoints: undefined });
  expect(log).toEqual([1, "w1", 2, "w2", 3, "w3"]);
  log.length = 0;
  await new TestRun(pipeline.to("out", memorySink()), { checkpointInterval: "30ms" }).start().finish();
  expect(log).toEqual([1, "w1", 2, "w2", 3, "w3"]);
});

const digits = {
  encode: (n: number) => Buffer.from(String(n)),
  decode: (bytes: Uint8Array) => Number(Buffer.from(bytes)),
};

test("a simulated run with crashes, stalls and duplicates gives what an undisturbed one does", async () => {
  const reports = await simulateSeeds(
    {
      name: "journal",
      bounds: { "log.held": 12 },
      pipeline: (world) => {
        const items = Array.from({ length: 90 }, (_, n): ListItem<number>[] =>
          world.random.below(5) === 0 ? [pause(world.random.below(800)), n] : [n],
        ).flat();
        const codec = world.random.below(2) === 0 ? undefined : digits;
        return stream("numbers", listSource(items, { batchRecords: 4 }))
          .journal("log", { capacity: 12, codec })
          .to("memory", memorySink({ pendingRecordsMax: 5 }));
      },
    },
    1,
    40,
  );
  expect(reports.filter(({ crashes }) => crashes > 0).length).toBeGreaterThan(10);
});
