import { expect, test } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { createLogger } from "./log.ts";
import { type ProgressOptions, showProgress } from "./progress.ts";
import { progressFields, progressLine } from "./progress-line.ts";
import { jobStatus, keptOutput, sourceStatus, stepStatus } from "./status-fixture.ts";
import { StatusLine } from "./status-line.ts";

const erase = "\r\u001b[2K";
const rates = { recordsPerSecond: 1_234_567, bytesPerSecond: 345e6, donePerSecond: 50e6 };
const counters = { late: 12, "dead:no ts": 2, "dead:not JSON": 1 };
const status = jobStatus({
  sources: [sourceStatus({ records: 12_345_678, bytes: 2e9, doneBytes: 400e6, totalBytes: 1e9 })],
  steps: [
    stepStatus({ id: "clock", watermark: 1468244371000, counters }),
    stepStatus({ id: "later", watermark: 1468244300000, counters: { lateness: 99 } }),
    stepStatus({ id: "first" }),
  ],
});

test("the line tells records, rates, event time, late, dead, and what is left", () => {
  expect(progressLine(status, rates, 200)).toBe(
    "12.3M records | 1.23M/s | 345 MB/s | 2016-07-11T13:38:20Z | late 12 | dead 3 | [########------------] 40 % ETA 12 s",
  );
});

test.each([
  [92, "12.3M records | 1.23M/s | 345 MB/s | 2016-07-11T13:38:20Z | late 12 | dead 3 | 40 % ETA 12 s"],
  [91, "12.3M records | 1.23M/s | 345 MB/s | 2016-07-11T13:38:20Z | dead 3 | 40 % ETA 12 s"],
  [70, "12.3M records | 1.23M/s | 2016-07-11T13:38:20Z | 40 % ETA 12 s"],
  [40, "12.3M records | 1.23M/s | 40 % ETA 12 s"],
  [25, "12.3M records | 1.23M/s"],
  [13, "12.3M records"],
  [12, ""],
])("a terminal of %d columns gets what matters most", (width, text) => {
  expect(progressLine(status, rates, width)).toBe(text);
});

test("no width is ever exceeded", () => {
  for (let width = 0; width < 150; width++)
    expect(progressLine(status, rates, width).length).toBeLessThanOrEqual(width);
});

test("input without an end has no bar, one that stands still no time left, and a state other than running is named", () => {
  const endless = jobStatus({
    state: "draining",
    sources: [sourceStatus({ doneBytes: 5 }), sourceStatus({ totalBytes: 9 })],
  });
  expect(progressLine(endless, rates, 200)).toBe("draining | 0 records | 1.23M/s | 345 MB/s | late 0 | dead 0");
  const still = jobStatus({ sources: [sourceStatus({ doneBytes: 50, totalBytes: 40 })] });
  const stopped = { recordsPerSecond: 0, bytesPerSecond: 0, donePerSecond: 0 };
  expect(progressLine(still, stopped, 200)).toBe(
    "0 records | 0/s | 0 B/s | late 0 | dead 0 | [####################] 100 %",
  );
});

test("the fields of a log line leave out what is not known", () => {
  expect(progressFields(status, rates)).toEqual({
    state: "running",
    records: 12_345_678,
    recordsPerSecond: 1_234_567,
    megabytesPerSecond: 345,
    watermark: "2016-07-11T13:38:20Z",
    late: 12,
    dead: 3,
    donePercent: 40,
    secondsLeft: 12,
  });
  const bare = { state: "running", records: 0, recordsPerSecond: 0, megabytesPerSecond: 0, late: 0, dead: 0 };
  expect(progressFields(jobStatus(), { recordsPerSecond: 0, bytesPerSecond: 0, donePerSecond: 0 })).toEqual(bare);
});

function shown(terminal: boolean, options: Partial<ProgressOptions> = {}) {
  const clock = new ManualClock(Date.UTC(2016, 6, 11));
  const out = keptOutput({ isTTY: terminal, columns: 60 });
  const line = terminal ? new StatusLine(out) : undefined;
  const logger = createLogger({ clock, out: line ?? out, color: false });
  const read = () => {
    const records = clock.monotonic() * 10;
    return jobStatus({ sources: [sourceStatus({ records, bytes: records * 100 })] });
  };
  const progress = showProgress({ status: read, clock, line, logger, ...options });
  return { clock, out, logger, progress };
}

test("on a terminal the line is redrawn four times a second and cleared at the end", async () => {
  const { clock, out, logger, progress } = shown(true);
  await clock.advance(249);
  expect(out.take()).toBe("");
  await clock.advance(1);
  expect(out.take()).toBe(`${erase}2.50k records | 10.0k/s | 1.00 MB/s | late 0 | dead 0`);
  await clock.advance(750);
  expect(out.written).toHaveLength(3);
  out.take();
  logger.info("hello");
  expect(out.take()).toBe(`${erase}00:00:01.000Z INFO  hello\n10.0k records | 10.0k/s | 1.00 MB/s | late 0 | dead 0`);
  progress.stop();
  expect(out.take()).toBe(erase);
  await clock.advance(10_000);
  expect(out.take()).toBe("");
  expect(clock.nextAtMs).toBeUndefined();
});

test("elsewhere a log line comes every five seconds", async () => {
  const { clock, out, progress } = shown(false);
  await clock.advance(4_999);
  expect(out.take()).toBe("");
  await clock.advance(5_001);
  progress.stop();
  await clock.advance(10_000);
  expect(out.take().split("\n")).toEqual([
    '{"level":"info","time":"2016-07-11T00:00:05.000Z","state":"running","records":50000,"recordsPerSecond":10000,"megabytesPerSecond":1,"late":0,"dead":0,"msg":"progress"}',
    '{"level":"info","time":"2016-07-11T00:00:10.000Z","state":"running","records":100000,"recordsPerSecond":10000,"megabytesPerSecond":1,"late":0,"dead":0,"msg":"progress"}',
    "",
  ]);
});

test("a status that throws ends neither the pipeline nor the progress", async () => {
  let broken = true;
  const read = () => {
    if (broken) throw new Error("step\nbroke");
    return jobStatus();
  };
  const { clock, out } = shown(true, { status: read });
  await clock.advance(250);
  expect(out.take()).toBe(`${erase}no progress can be shown: step\\nbroke`);
  broken = false;
  await clock.advance(250);
  expect(out.take()).toBe(`${erase}0 records | 0/s | 0 B/s | late 0 | dead 0`);
  const logged = shown(false, {
    status: () => {
      throw new Error("gone");
    },
  });
  expect(logged.out.take()).toContain('"msg":"no progress can be shown: gone"');
});
