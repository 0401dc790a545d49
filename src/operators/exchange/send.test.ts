import { expect, test } from "vitest";
import type { DeadLetter } from "../../core/dead-letter.ts";
import { stream } from "../../stream/stream.ts";
import {
  drive,
  type ListItem,
  listSource,
  type MemorySink,
  memorySink,
  pause,
  TestRun,
  textSource,
} from "../../testing/index.ts";
import type { Exchanged } from "./exchanged.ts";
import { decodeReport, kinds } from "./format.ts";
import { type SendOptions, sendByKey } from "./send.ts";

const options: SendOptions = { partitions: 3, from: "in-1", total: () => 4, ended: () => ({ "in-1": 9 }) };

interface Timed {
  readonly ts: number;
  readonly key: string;
}

const of = (ts: number, key = "k"): Timed => ({ ts, key });

function sending(items: readonly ListItem<Timed>[], sink: MemorySink<Exchanged>) {
  return stream("in", listSource(items))
    .eventTime("clock", ({ ts }) => ts, { lag: 0, idle: "10s" })
    .keyBy("key", ({ key }) => key)
    .via("send", sendByKey(options))
    .to("exchange", sink);
}

/** What was sent, in short: `record` and where to, or the report. */
function sent(sink: MemorySink<Exchanged>): unknown[] {
  return sink.values.map(({ to, bytes }) => {
    if ((bytes[0]! & 15) === kinds.record) return to;
    expect(to).toBe("all");
    const { watermark, idle, ended, ...rest } = decodeReport(Buffer.from(bytes), 0, bytes.length);
    expect(rest).toEqual({ from: "in-1", total: 4 });
    return { watermark, ...(idle ? { idle } : {}), ...(ended === undefined ? {} : { ended }) };
  });
}

test("event time is told at once when it is news, then every 100 ms while it moves, and at the end", async () => {
  const sink = memorySink<Exchanged>();
  const items = [of(1), of(2), of(3), pause(50), of(4), pause(70), of(5), pause(300), of(6)];
  await drive(sending(items, sink));
  const to = sent(sink)[0];
  expect(sent(sink)).toEqual([
    to,
    { watermark: 1 },
    to,
    to,
    to,
    { watermark: 4 },
    to,
    { watermark: 5 },
    to,
    { watermark: 6 },
    { watermark: 6, ended: { "in-1": 9 } },
  ]);
});

test("silence is told, and a record after it", async () => {
  const sink = memorySink<Exchanged>();
  await drive(sending([of(5), pause(30_000), of(4), pause(30_000)], sink));
  const to = sent(sink)[0];
  expect(sent(sink)).toEqual([
    to,
    { watermark: 5 },
    { watermark: 5, idle: true },
    { watermark: 5 },
    to,
    { watermark: 5, idle: true },
    { watermark: 5, idle: true, ended: { "in-1": 9 } },
  ]);
});

test("an input without records is told as silent, and one without event time as ended", async () => {
  const silent = memorySink<Exchanged>();
  await drive(sending([pause(30_000)], silent));
  expect(sent(silent)[0]).toEqual({ watermark: null, idle: true });
  const timeless = memorySink<Exchanged>();
  const pipeline = stream("in", listSource(["a"]))
    .keyBy("key", String)
    .via("send", sendByKey(options));
  await drive(pipeline.to("exchange", timeless));
  expect(sent(timeless)[1]).toEqual({ watermark: null, ended: { "in-1": 9 } });
});

test("a task that goes on tells again where it stands, though nothing has come", async () => {
  const sink = memorySink<Exchanged>();
  const run = new TestRun(sending([of(5), pause(8_000), of(7), pause(3_600_000)], sink)).start();
  await run.advance(9_500);
  run.kill();
  const before = sink.values.length;
  await run.start().advance(100);
  expect(sent(sink).slice(before)).toEqual([{ watermark: 7 }]);
  await run.advance(20_000);
  run.kill();
  await run.start().advance(100);
  expect(sent(sink).slice(-2)).toEqual([{ watermark: 7 }, { watermark: 7, idle: true }]);
});

test("the same key goes to the same partition in every run, and keys spread", async () => {
  const sink = memorySink<Exchanged>();
  const keys = Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? `user ${i}` : i));
  const pipeline = stream("in", listSource(keys))
    .keyBy("key", (key) => key)
    .via("send", sendByKey(options));
  await drive(pipeline.to("exchange", sink));
  const to = sink.values.flatMap((one) => (one.to === "all" ? [] : [one.to]));
  // State lies where keys went in runs before: no version may send them elsewhere.
  expect(to.slice(0, 6)).toEqual([2, 1, 2, 2, 1, 2]);
  for (const partition of [0, 1, 2]) expect(to.filter((one) => one === partition).length).toBeGreaterThan(900);
});

test("bytes go as they are; what cannot be sent is handled as its step says", async () => {
  const sink = memorySink<Exchanged>();
  const bytes = stream("in", textSource(["abc"]))
    .keyBy("key", (slice) => slice.text())
    .via("send", sendByKey(options));
  await drive(bytes.to("exchange", sink));
  expect(Buffer.from(sink.values[0]!.bytes).toString("latin1")).toMatch(/^\x11\x01.*\x04"abcabc$/s);
  const dead = memorySink<DeadLetter>();
  const odd = stream("in", listSource<unknown>([() => 1])).keyBy("key", () => "k");
  await drive(
    odd
      .via("send", sendByKey({ ...options, onError: "deadLetter" }))
      .to("exchange", sink)
      .deadLetters("dead", dead),
  );
  expect(dead.values).toMatchObject([{ step: "send", reason: "function threw" }]);
  await expect(drive(odd.via("send", sendByKey(options)).to("exchange", sink))).rejects.toThrow("could not be cloned");
});
