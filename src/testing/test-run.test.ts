import { expect, test } from "vitest";
import { fileSink } from "../connectors/file/index.ts";
import { seededRandom } from "../core/random.ts";
import { map } from "../operators/map.ts";
import type { Processor } from "../operators/process.ts";
import { stream } from "../stream/stream.ts";
import { drive } from "./drive.ts";
import { crash, end, pause } from "./happening.ts";
import { listSource } from "./list-source.ts";
import { ManualClock, settled } from "./manual-clock.ts";
import { memoryCheckpoints } from "./memory-checkpoints.ts";
import { memorySink } from "./memory-sink.ts";
import { SimDisk } from "./sim-disk.ts";
import { TestRun } from "./test-run.ts";

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

const items = [1, 2, pause(2_100), 3, pause(2_000), 4];
const sums = ["1 1", "2 3", "3 6", "4 10"];

function summing(sink = memorySink<string>()) {
  return { sink, pipeline: stream("in", listSource(items)).process("sum", runningSum).to("out", sink) };
}

test("a day of pauses passes at once", async () => {
  const clock = new ManualClock();
  const sink = memorySink<number>();
  const pipeline = stream("in", listSource([1, pause(86_000_000), 2]))
    .via(
      "same",
      map((n: number) => n),
    )
    .to("out", sink);
  const status = await drive(pipeline, { clock });
  expect([status.state, sink.values, clock.now()]).toEqual(["finished", [1, 2], 86_000_000]);
});

test("driving gives up at its limit, and tells what the pipeline failed with", async () => {
  const endless = stream("in", listSource([1, pause(5_000)])).to("out", memorySink<number>());
  await expect(drive(endless, { limitMs: 4_000 })).rejects.toThrow("has not ended after 4000 ms of virtual time");
  const failing = stream("in", listSource([1, crash()])).to("out", memorySink<number>());
  await expect(drive(failing)).rejects.toThrow("the list says: crash");
});

test("a killed run writes no more, and goes on from its checkpoints", async () => {
  const { sink, pipeline } = summing();
  const run = new TestRun(pipeline).start();
  await run.advance(2_500);
  expect(sink.values).toEqual(sums.slice(0, 3));
  run.kill();
  const before = [...sink.values];
  await run.advance(10_000);
  expect(sink.values).toEqual(before);
  await run.start().finish();
  expect(sink.values).toEqual(sums);
});

test("a run that is stopped goes on where it stopped", async () => {
  const { sink, pipeline } = summing();
  const run = new TestRun(pipeline).start();
  await run.advance(500);
  expect((await run.stop()).state).toBe("finished");
  expect(sink.values).toEqual(sums.slice(0, 2));
  await run.start().finish();
  expect(sink.values).toEqual(sums);
});

test("an at-least-once sink gets again what came after the checkpoint", async () => {
  const sink = memorySink<string>({ delivery: "at-least-once" });
  const run = new TestRun(summing(sink).pipeline).start();
  await run.advance(2_200);
  run.kill();
  await run.start().finish();
  expect(sink.values).toEqual([...sums.slice(0, 3), ...sums.slice(2)]);
});

test("state and files on a simulated disk survive the process, and what was synced survives the machine", async () => {
  const disk = new SimDisk({ random: seededRandom(1) });
  const pipeline = stream("in", listSource(items)).process("sum", runningSum).to("out", fileSink("/sums.jsonl"));
  const run = new TestRun(pipeline, { disk, state: "/state" }).start();
  await run.advance(2_500);
  run.kill("nothing");
  await run.start().finish();
  const { size } = (await run.disk.stat("/sums.jsonl"))!;
  const bytes = Buffer.alloc(size);
  await (await run.disk.open("/sums.jsonl", "r")).read(bytes, 0);
  expect(bytes.toString()).toBe(sums.map((text) => `${JSON.stringify(text)}\n`).join(""));
});

test("the end in a list is the end of one run only", async () => {
  const sink = memorySink<number>();
  const run = new TestRun(stream("in", listSource([1, 2, end(), 3])).to("out", sink)).start();
  await run.finish();
  expect(sink.values).toEqual([1, 2]);
  await run.start().finish();
  expect(sink.values).toEqual([1, 2, 3]);
});

test("there is no job before the start", () => {
  expect(() => new TestRun(summing().pipeline).job).toThrow("has not been started");
});

test("a store that another has opened since takes no more commits", async () => {
  const checkpoints = memoryCheckpoints();
  const [zombie, heir] = [checkpoints.connect(), checkpoints.connect()];
  const at = (id: number) => ({ id, sources: {}, sinks: {}, versions: {} });
  await zombie.open(() => {});
  await zombie.commit(at(1), [{ store: "s", changes: [["k", new Uint8Array([1])]] }], new Map());
  const seen: unknown[] = [];
  expect(await heir.open((...change) => seen.push(change))).toEqual(at(1));
  expect(seen).toEqual([["s", "k", new Uint8Array([1])]]);
  await expect(zombie.commit(at(2), [], new Map())).rejects.toThrow("ML5001");
  await heir.commit(at(2), [], new Map());
  expect(checkpoints.checkpoint).toEqual(at(2));
  await settled();
});
