import fc from "fast-check";
import { expect, test } from "vitest";
import type { DeadLetter } from "../../core/dead-letter.ts";
import { Slice } from "../../core/records.ts";
import { stream } from "../../stream/stream.ts";
import { drive, type ListItem, memorySink, pause, TestRun, textSource } from "../../testing/index.ts";
import { type Passed, probe } from "../probe-fixture.ts";
import { encodePart, encodeRecord, encodeReport, type Report } from "./format.ts";
import { type ReceiveOptions, receive } from "./receive.ts";

const report = (from: string, watermark: number | null, more: Partial<Report> = {}) =>
  encodeReport({ from, total: 2, watermark, idle: false, ...more });

/** What comes out of an exchange in which these bytes lie, in order. */
async function received(items: readonly ListItem<Uint8Array>[], options: Partial<ReceiveOptions> = {}) {
  const log: Passed[] = [];
  const pipeline = stream("exchange", textSource(items))
    .via("receive", receive({ ends: undefined, onEnded: () => {}, ...options }))
    .via("probe", probe(log))
    .to("out", memorySink());
  await drive(pipeline);
  return log;
}

test("event time begins when all have told theirs, and is the lowest; it never goes back", async () => {
  const log = await received([report("a", 50), report("b", 20), report("b", 70), report("a", 40), report("a", 90)]);
  expect(log).toEqual([
    ["watermark", 20],
    ["watermark", 50],
    ["watermark", 70],
  ]);
});

test("a silent sender holds nobody up; one that speaks again counts again; silence of all is told each time", async () => {
  const log = await received([
    report("a", null, { idle: true }),
    report("b", 20),
    report("b", 20, { idle: true }),
    report("b", 20, { idle: true }),
    report("a", 10),
    report("b", 80),
    report("a", 90),
  ]);
  expect(log).toEqual([["watermark", 20], ["idle"], ["idle"], ["watermark", 80]]);
});

test("it waits for new senders when there are more, and goes on with them", async () => {
  const log = await received([
    report("a", 10),
    report("b", 20),
    report("a", 60, { total: 3 }),
    report("b", 70),
    report("c", 65, { total: 3 }),
  ]);
  expect(log).toEqual([
    ["watermark", 10],
    ["watermark", 60],
  ]);
});

test("a sender that has ended holds nobody up; when all have, it is said once, with how far they read", async () => {
  const ends = new Map([
    ["a", 5],
    ["b", 7],
  ]);
  const seen: unknown[] = [];
  const onEnded = (through: unknown) => seen.push(structuredClone(through));
  const log = await received(
    [
      report("a", 10),
      report("b", 20),
      report("b", 20, { ended: { b: 7 } }),
      report("a", 30),
      report("a", 30, { ended: { a: 9 } }),
      report("b", 20, { ended: { b: 7 } }),
    ],
    { ends, onEnded },
  );
  expect(log).toEqual([
    ["watermark", 10],
    ["watermark", 30],
  ]);
  expect(seen).toEqual([{ a: 9, b: 7 }]);
});

test.each([
  ["an earlier run that read less far", new Map([["a", 6]])],
  ["an input that now goes on", undefined],
])("the end of %s ends nothing", async (_, ends) => {
  const ended = { ended: { a: 5 }, total: 1 };
  const onEnded = () => expect.fail("nothing has ended");
  const log = await received([report("a", 10, ended), report("a", 20, { total: 1 })], { ends, onEnded });
  expect(log).toEqual([
    ["watermark", 10],
    ["watermark", 20],
  ]);
});

test("records have their time, key and horizon; parts are bytes", async () => {
  const seen: unknown[] = [];
  const pipeline = stream("exchange", textSource([encodeRecord(5, 3, "k", { a: 1 }), encodePart(Uint8Array.of(7, 8))]))
    .via("receive", receive({ ends: undefined, onEnded: () => {} }))
    .via("note", {
      kind: "note",
      open: ({ record }) => ({
        record: (value: unknown) => {
          const { time, key, horizon } = record;
          seen.push(value instanceof Slice ? value.copy() : { value, time, key, horizon });
        },
      }),
    })
    .to("out", memorySink());
  await drive(pipeline);
  expect(seen).toEqual([{ value: { a: 1 }, time: 5, key: "k", horizon: 3 }, Uint8Array.of(7, 8)]);
});

test("a run that goes on knows where all stand", async () => {
  const log: Passed[] = [];
  const ends = new Map([["a", 5]]);
  let ended = 0;
  const items = [
    report("a", 10),
    report("b", 20, { idle: true }),
    pause(5_000),
    report("a", 10, { idle: true }),
    pause(5_000),
  ];
  const tail = [report("a", 40), pause(5_000), report("a", 40, { ended: { a: 5 } }), report("b", 50), pause(5_000)];
  const pipeline = stream(
    "exchange",
    textSource([...items, ...tail, report("b", 60, { ended: { b: 1 } }), pause(20_000)]),
  )
    .via("receive", receive({ ends, onEnded: () => void (ended += 1) }))
    .via("probe", probe(log))
    .to("out", memorySink());
  const run = new TestRun(pipeline).start();
  const next = async () => {
    await run.advance(2_000);
    run.kill();
    log.length = 0;
    run.start();
    await run.advance(0);
    return [...log];
  };
  expect(await next()).toEqual([["watermark", 10]]);
  await run.advance(3_500);
  expect(await next()).toEqual([["watermark", 10], ["idle"]]);
  await run.advance(3_500);
  expect(await next()).toEqual([["watermark", 40]]);
  await run.advance(3_500);
  expect(await next()).toEqual([["watermark", 50]]);
  await run.advance(7_000);
  expect(ended).toBe(1);
  await next();
  expect(ended, "a run that finds the end in its state says so").toBe(2);
});

test("what is not ours is put aside; another version's records are not lost but refused", async () => {
  const dead = memorySink<DeadLetter>();
  const bad = ["", "{}", "\x11", "\x11\0 too short", "\x12{", '\x12{"from":1}', '\x12{"from":"a","total":0}', "\x14"];
  const run = (items: readonly (string | Uint8Array)[]) => {
    const pipeline = stream("exchange", textSource(items))
      .via("receive", receive({ ends: undefined, onEnded: () => {} }))
      .to("out", memorySink())
      .deadLetters("dead", dead);
    return drive(pipeline);
  };
  await run([...bad, report("a", 1)]);
  expect(dead.values.map(({ reason }) => reason)).toEqual([
    "not of an exchange",
    "not of an exchange",
    ...bad.slice(2, 7).map(() => "damaged in the exchange"),
    "not of an exchange",
  ]);
  await expect(run(["\x21"])).rejects.toThrow("ML5003");
});

test("no bytes whatever make it fail in another way", async () => {
  const good = [encodeRecord(1, 0, "key", { a: [1] }), report("a", 5), encodePart(Uint8Array.of(1))];
  const spoilt = fc.tuple(
    fc.constantFrom(...good),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
  );
  const anyBytes = spoilt.map(([bytes, changes]) => {
    const copy = Uint8Array.from(bytes);
    for (const [at, value] of changes) if (at % copy.length > 0) copy[at % copy.length] = value;
    return copy;
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyBytes, { maxLength: 20 }), async (items) => {
      await received(items);
    }),
    { numRuns: 300 },
  );
});
