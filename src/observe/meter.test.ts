import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import type { LogFields } from "./log.ts";
import { silentLogger } from "./log.ts";
import { type MeterOptions, StepMeter } from "./meter.ts";

function meterWith(options: Partial<MeterOptions> = {}) {
  const clock = new ManualClock();
  const lines: [string, LogFields | undefined][] = [];
  const logger = { ...silentLogger, warn: (message: string, fields?: LogFields) => void lines.push([message, fields]) };
  return { clock, lines, meter: new StepMeter({ step: "clock", clock, logger, ...options }) };
}

test("a counter is asked for once and added to; the same name and label is the same counter", () => {
  const { meter } = meterWith();
  const late = meter.counter("late");
  late.value += 2;
  meter.counter("late").value += 1;
  meter.counter("dead", "no ts").value += 1;
  meter.counter("dead", "no ts").value += 1;
  meter.counter("dead", "__proto__").value += 1;
  expect(Object.entries(meter.counters())).toEqual([
    ["late", 3],
    ["dead:no ts", 2],
    ["dead:__proto__", 1],
  ]);
});

test("labels are bounded in number by name, and nothing that was counted is lost", () => {
  const { meter } = meterWith();
  for (let i = 0; i < 100_000; i++) meter.counter("version", `v${i}`).value += 1;
  meter.counter("version", "v7").value += 1;
  meter.counter("reason", "first").value += 1;
  const counters = meter.counters();
  expect(Object.keys(counters)).toHaveLength(202);
  expect(counters["version:v7"]).toBe(2);
  expect(counters["version:other"]).toBe(100_000 - 200);
  expect(counters["reason:first"]).toBe(1);
});

test("labels are bounded in length, and hold no control characters", () => {
  const { meter } = meterWith();
  meter.counter("dead", `\u001b[2J${"x".repeat(1000)}`).value += 1;
  meter.counter("dead", `\u001b[2J${"x".repeat(1000)}`).value += 1;
  expect(meter.counters()).toEqual({ [`dead:\\u001b[2J${"x".repeat(96)}…`]: 2 });
});

test("a gauge is read when somebody looks, and one that throws spoils no other", () => {
  const { meter } = meterWith();
  let held = 1;
  meter.gauge("held", () => held);
  meter.gauge("broken", () => {
    throw new Error("gone");
  });
  held = 5;
  expect(meter.gauges()).toEqual({ held: 5, broken: Number.NaN });
});

test("a flood of one kind of warning is one line every five seconds, with the number left out", async () => {
  const { meter, clock, lines } = meterWith();
  for (let i = 0; i < 1000; i++) meter.warn("late", `record ${i}`);
  meter.warn("future", "another kind");
  await clock.advance(4_999);
  meter.warn("late", "just before");
  expect(lines).toEqual([
    ["record 0", { step: "clock", kind: "late" }],
    ["another kind", { step: "clock", kind: "future" }],
  ]);
  await clock.advance(1);
  meter.warn("late", "at five seconds");
  meter.warn("late", "again");
  expect(lines.slice(2)).toEqual([["at five seconds", { step: "clock", kind: "late", suppressed: 1000 }]]);
});

test("the end of the run tells the last warning of each kind and how many more there were", () => {
  const { meter, lines } = meterWith();
  for (let i = 0; i < 4; i++) meter.warn("late", `record ${i}`);
  meter.warn("once", "told already");
  meter.flush();
  meter.flush();
  expect(lines.slice(2)).toEqual([["record 3", { step: "clock", kind: "late", suppressed: 2 }]]);
});

test("kinds of warnings are bounded: beyond the bound they share one", () => {
  const { meter, lines } = meterWith({ labelsMax: 3 });
  for (let i = 0; i < 100; i++) meter.warn(`kind ${i}`, "hm");
  expect(lines.map(([, fields]) => fields?.kind)).toEqual(["kind 0", "kind 1", "kind 2", "other"]);
});

test("a warning cannot command the terminal", () => {
  const { meter, lines } = meterWith();
  meter.warn("k\u001b[1m", 'bad title "\u001b]0;x\u0007\n13:00 ERROR forged"');
  expect(lines).toEqual([
    ['bad title "\\u001b]0;x\\u0007\\n13:00 ERROR forged"', { step: "clock", kind: "k\\u001b[1m" }],
  ]);
});
