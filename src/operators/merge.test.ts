import { expect, test } from "vitest";
import { stream } from "../stream/stream.ts";
import { drive, listSource, memorySink, pause, TestRun } from "../testing/index.ts";
import { notingSink } from "./noting-sink-fixture.ts";
import { type Passed, probe } from "./probe-fixture.ts";

const clocked = (id: string, items: Parameters<typeof listSource<number>>[0], live = true) =>
  stream(id, listSource<number>(items, { live })).eventTime(`${id}-clock`, (n) => n, { lag: 0, idle: "10s" });

/** What came out of a merge of streams that carry event time, in order. */
async function merged(...inputs: Parameters<typeof clocked>[1][]): Promise<Passed[]> {
  const log: Passed[] = [];
  const [first, ...others] = inputs.map((items, at) => clocked(`in${at}`, items));
  await drive(
    first!
      .merge("both", ...others)
      .via("probe", probe(log))
      .to("out", memorySink()),
  );
  return log;
}

const watermarks = (log: Passed[]) => log.filter(([what]) => what === "watermark").map(([, time]) => time);

test("each stream keeps its order; records keep their place and partition", async () => {
  const sink = notingSink<string>();
  const a = stream("a", listSource(["a0", pause(20), "a1"], { partition: "pa" }));
  const b = stream("b", listSource([pause(10), "b0", pause(20), "b1"], { partition: "pb" }));
  const status = await drive(a.merge("both", b).to("out", sink));
  expect(sink.noted.map(({ value, partition }) => [value, partition])).toEqual([
    ["a0", "pa"],
    ["b0", "pb"],
    ["a1", "pa"],
    ["b1", "pb"],
  ]);
  expect(status.steps.find((step) => step.id === "both")).toMatchObject({ kind: "merge", in: 4, out: 4 });
});

test("event time is the lowest of the streams', and does not begin before each has one", async () => {
  const log = await merged([5, pause(20), 7, pause(20), 9], [pause(10), 6, pause(20), 20]);
  expect(log).toEqual([
    ["record", 5],
    ["record", 6],
    ["watermark", 5],
    ["record", 7],
    ["watermark", 6],
    ["record", 20],
    ["watermark", 7],
    ["record", 9],
    ["watermark", 9],
  ]);
});

test("a stream that has ended holds nobody up", async () => {
  const log = await merged([1, pause(1000), 50, pause(1000), 60], [2]);
  expect(watermarks(log)).toEqual([1, 50, 60]);
});

test("a stream that has fallen silent holds nobody up, and does not turn time back when it speaks again", async () => {
  const log = await merged([1, pause(1000), 50, pause(20_000), 60], [2, pause(15_000), 3, pause(60_000), 70]);
  expect(watermarks(log)).toEqual([1, 2, 50, 70]);
  const at = (value: number) => log.findIndex(([what, n]) => what === "record" && n === value);
  expect(at(3), "the late one passes behind the watermark of 50").toBeGreaterThan(
    log.findIndex(([what, n]) => what === "watermark" && n === 50),
  );
});

test("it is silent when all its streams are, in whatever way: silent first, or ended first", async () => {
  const bothSilent = await merged([1, pause(30_000)], [2, pause(30_000)]);
  expect(bothSilent.filter(([what]) => what === "idle")).toHaveLength(1);
  const endedFirst = await merged([1, pause(30_000)], [2]);
  expect(endedFirst.filter(([what]) => what === "idle")).toHaveLength(1);
  const silentFirst = await merged([1, pause(60_000), 5], [2, pause(5_000), 3, pause(9_000), 4]);
  const [idle, ...more] = silentFirst.flatMap(([what], at) => (what === "idle" ? [at] : []));
  expect(more).toEqual([]);
  expect(silentFirst.slice(0, idle).map(([, value]) => value)).toContain(4);
});

test("a stream can be merged with itself: each record comes twice", async () => {
  const sink = memorySink<number>();
  const numbers = stream("in", listSource([1, 2]));
  await drive(numbers.merge("twice", numbers).to("out", sink));
  expect(sink.values).toEqual([1, 1, 2, 2]);
});

test("stopped, it keeps what each stream has given, and goes on there", async () => {
  const sink = memorySink<string>();
  const a = stream("a", listSource(["a0", pause(100), "a1"]));
  const b = stream("b", listSource(["b0", pause(100), "b1"]));
  const run = new TestRun(a.merge("both", b).to("out", sink)).start();
  await run.advance(50);
  await run.stop();
  expect(sink.values).toEqual(["a0", "b0"]);
  await run.start().finish();
  expect(sink.values).toEqual(["a0", "b0", "a1", "b1"]);
});
