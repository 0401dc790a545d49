import { expect, test } from "vitest";
import { whyWaiting } from "./explain.ts";
import type { EventClockStatus, SourceStatus, StepStatus } from "./status.ts";
import { jobStatus, sourceStatus, stepStatus } from "./status-fixture.ts";

const at = Date.UTC(2016, 6, 11, 13, 39, 31);
/** Wall time: event time stands still since 12 s before. */
const now = Date.UTC(2026, 0, 1, 8, 0, 12);
const waitsFor = "holds 2 windows: window 13:39:00Z +1m waits for event time 13:40:05Z";
const started = "running, started 12 s ago";

function clockStep(given: Partial<EventClockStatus> = {}, step: Partial<StepStatus> = {}): StepStatus {
  const partitions = [
    { name: "fast", highestTime: at + 60_000, idle: false },
    { name: "files", highestTime: at + 5_000, idle: false },
    { name: "asleep", highestTime: at - 60_000, idle: true },
  ];
  const own = { watermark: at, watermarkSince: now - 12_000, idleAfterMs: 10_000, partitions, ...given };
  return stepStatus({ id: "clock", own, ...step });
}

function partition(name: string | undefined, highestTime: number | undefined = at) {
  return [{ name, highestTime, idle: false }];
}

function explained(source: Partial<SourceStatus>, clock: Partial<EventClockStatus> = {}): string {
  const steps = [clockStep(clock), stepStatus({ waitsFor, watermark: at })];
  return whyWaiting(jobStatus({ atMs: now, sources: [sourceStatus(source)], steps }));
}

const head = `${started}\nstep "users": ${waitsFor}; event time stands at 2016-07-11T13:39:31Z since 12 s, held by partition "files" of source "frames", which`;

test.each([
  [{}, "is being read"],
  [{ activity: "working" as const, silentMs: 99_000 }, "is being read"],
  [{ silentMs: 999 }, "is being read"],
  [{ silentMs: 1_000 }, "has been silent for 1 s (idle counts from 10 s)"],
  [{ silentMs: 12_000 }, "has been silent for 12 s (idle counts from 10 s)"],
  [{ activity: "ended" as const }, "has ended"],
])("it tells where event time stands, who holds it, and what that source does: %o", (source, doing) => {
  expect(explained(source)).toBe(`${head} ${doing}\n`);
});

test("a source that a full sink holds back is named, and so is the sink", () => {
  expect(explained({ activity: "held back", heldBackBy: "counts" })).toBe(
    `${head} is held back by "counts", which is full\nsource "frames" is held back by "counts", which is full\n`,
  );
  expect(explained({ activity: "held back" })).toContain(
    'which is held back by a full step\nsource "frames" is held back',
  );
});

test("where silence means nothing, no idle time is told", () => {
  expect(explained({ silentMs: 5_000 }, { idleAfterMs: undefined })).toBe(`${head} has been silent for 5 s\n`);
});

test("a partition that has not begun holds up all others", () => {
  const partitions = [...partition("files"), { name: "new", highestTime: undefined, idle: false }];
  expect(explained({}, { partitions })).toContain('held by partition "new" of source "frames"');
});

test("without the time of the status, moments are told as they are", () => {
  const steps = [clockStep(), stepStatus({ waitsFor })];
  expect(whyWaiting(jobStatus({ steps }))).toBe(
    `${started}\nstep "users": ${waitsFor}; event time stands at 2016-07-11T13:39:31Z since 2026-01-01T08:00:00Z, held by partition "files"\n`,
  );
});

test("before the first event time there is none to stand anywhere", () => {
  const steps = [clockStep({ watermark: undefined, partitions: [] }), stepStatus({ waitsFor })];
  expect(whyWaiting(jobStatus({ sources: [sourceStatus()], steps }))).toBe(
    `${started}\nstep "users": ${waitsFor}; event time has not begun; source "frames" is being read\n`,
  );
});

test("a step that keeps event time itself tells where it stands, and what its source does is added", () => {
  const own = "event time stands at 13:39:31Z: the input has come to 13:39:36Z";
  const steps = [clockStep({ partitions: partition(undefined) }, { waitsFor: own })];
  const sources = [sourceStatus({ silentMs: 3_000 })];
  expect(whyWaiting(jobStatus({ sources, steps }))).toBe(
    `${started}\nstep "clock": ${own}; source "frames" has been silent for 3 s (idle counts from 10 s)\n`,
  );
});

test("of several sources the one that has the partition is told; when none is known, only the partition", () => {
  const steps = [clockStep(), stepStatus({ waitsFor, watermark: at })];
  const silent = sourceStatus({ id: "b", partitions: ["more", "files"], silentMs: 20_000 });
  const sources = [sourceStatus({ id: "a", partitions: ["other"] }), silent];
  expect(whyWaiting(jobStatus({ sources, steps }))).toContain(
    'held by partition "files" of source "b", which has been silent for 20 s (idle counts from 10 s)\n',
  );
  const unknown = [sourceStatus({ id: "a" }), sourceStatus({ id: "b" })];
  expect(whyWaiting(jobStatus({ sources: unknown, steps }))).toMatch(/, held by partition "files"\n$/);
});

test("event time comes from the clocks upstream of the step, the lowest of them", () => {
  const steps = [
    clockStep({ watermark: at - 60_000, partitions: partition("unrelated") }, { id: "other", inputs: [] }),
    clockStep({ watermark: at, partitions: partition("p1") }, { id: "one", inputs: [] }),
    clockStep({ watermark: at - 1_000, partitions: partition("p2") }, { id: "two", inputs: ["map"] }),
    stepStatus({ id: "map", inputs: ["map"] }),
    stepStatus({ id: "merge", inputs: ["one", "two", "map", "gone"] }),
    stepStatus({ id: "users", inputs: ["merge"], waitsFor }),
  ];
  expect(whyWaiting(jobStatus({ atMs: now, steps }))).toBe(
    `${started}\nstep "users": ${waitsFor}; event time stands at 2016-07-11T13:39:30Z since 12 s, held by partition "p2"\n`,
  );
});

test("without inputs the nearest clock before the step counts, not one after it", () => {
  const steps = [
    clockStep({ partitions: partition("far") }),
    clockStep({ partitions: partition("near") }),
    stepStatus({ waitsFor }),
    clockStep({ partitions: partition("after") }),
  ];
  expect(whyWaiting(jobStatus({ steps }))).toMatch(/held by partition "near"\n$/);
});

test("a step that waits for something else is told without event time", () => {
  const steps = [clockStep(), stepStatus({ id: "lookup", waitsFor: "waits for 3 answers" })];
  expect(whyWaiting(jobStatus({ steps }))).toBe(`${started}\nstep "lookup": waits for 3 answers\n`);
});

test("when nothing waits, it says so; a failure comes first", () => {
  expect(whyWaiting(jobStatus())).toBe(`${started}\nno step waits for anything\n`);
  expect(whyWaiting(jobStatus({ state: "failed", error: "ML4001: disk\nfull" }))).toBe(
    "failed, started 12 s ago: ML4001: disk\\nfull\nno step waits for anything\n",
  );
});

test("own figures that only look like a clock, and names with commands in them, do no harm", () => {
  const odd = [{}, { watermarkSince: 1 }, { partitions: [] }, { watermarkSince: "long", partitions: [] }].map(
    (own, index) => stepStatus({ id: `odd${index}`, own }),
  );
  const steps = [...odd, stepStatus({ waitsFor: "waits for event time\u001b[2J" })];
  expect(whyWaiting(jobStatus({ steps }))).toBe(
    `${started}\nstep "users": waits for event time\\u001b[2J; event time has not begun\n`,
  );
});

test("a partition that another task reads is told with when that last told of it", () => {
  const partitions = [{ name: "frames-3", highestTime: at, idle: false, toldAtMs: now - 3_000 }];
  const elsewhere = `${started}\nstep "users": ${waitsFor}; event time stands at 2016-07-11T13:39:31Z since 12 s, held by partition "frames-3", whose task told so 3 s ago\n`;
  expect(explained({}, { partitions })).toBe(elsewhere);
  expect(explained({ partitions: ["frames-3"] }, { partitions }), "read here after all").toContain(
    'held by partition "frames-3" of source "frames", which is being read',
  );
});
