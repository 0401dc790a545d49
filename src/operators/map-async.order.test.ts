import fc from "fast-check";
import { expect, test } from "vitest";
import { sleep } from "../core/clock.ts";
import { stream } from "../stream/stream.ts";
import { drive, listSource, ManualClock, memorySink, pause } from "../testing/index.ts";
import { type Passed, probe } from "./probe-fixture.ts";

interface Item {
  readonly time: number;
  readonly latencyMs: number;
  /** Tries that fail before one does not. */
  readonly failures: number;
  /** Silence before it. */
  readonly gapMs: number;
}

const item: fc.Arbitrary<Item> = fc.record({
  time: fc.nat(40),
  latencyMs: fc.nat(200),
  failures: fc.nat(2),
  gapMs: fc.constantFrom(0, 0, 0, 30, 15_000),
});

interface Settings {
  readonly order: "kept" | "any";
  readonly concurrency: number;
  readonly expand: number;
}

/** What went into the step and what came out, watermarks and silence included, and the most calls at once. */
async function throughStep(items: readonly Item[], { order, concurrency, expand }: Settings) {
  const clock = new ManualClock();
  const [before, after]: [Passed[], Passed[]] = [[], []];
  let running = 0;
  let most = 0;
  const call = async (one: Item & { at: number }, { attempt }: { attempt: number }) => {
    most = Math.max(most, ++running);
    await sleep(clock, one.latencyMs);
    running -= 1;
    if (attempt <= one.failures) throw new Error("not yet");
    return one;
  };
  const list = items.flatMap((one, at) => (one.gapMs === 0 ? [{ ...one, at }] : [pause(one.gapMs), { ...one, at }]));
  const pipeline = stream("in", listSource(list, { batchRecords: 3 }))
    .eventTime("clock", ({ time }) => time, { lag: 3, idle: "10s" })
    .flatMap("expand", (one) => Array.from({ length: expand }, () => one))
    .via("before", probe(before))
    .mapAsync("step", call, { order, concurrency, retry: { attempts: 3, baseMs: 50 } })
    .via("after", probe(after))
    .to("out", memorySink());
  await drive(pipeline, { clock });
  return { before, after, most };
}

/** The records between one signal and the next, each lot in an order of its own: what "never across a watermark" leaves open. */
function lots(log: readonly Passed[]): unknown[] {
  const result: unknown[] = [];
  let lot: string[] = [];
  for (const passed of log) {
    if (passed[0] === "record") lot.push(JSON.stringify(passed[1]));
    else {
      result.push(lot.toSorted(), passed);
      lot = [];
    }
  }
  return [...result, lot.toSorted()];
}

const settings = fc.record({ concurrency: fc.integer({ min: 1, max: 7 }), expand: fc.integer({ min: 1, max: 3 }) });

test('order "kept": what comes out is what went in, watermarks and silence in their places', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 25 }), settings, async (items, given) => {
      const { before, after, most } = await throughStep(items, { ...given, order: "kept" });
      expect(after).toEqual(before);
      expect(most).toBeLessThanOrEqual(given.concurrency);
    }),
    { numRuns: 150 },
  );
});

test('order "any": no result crosses a watermark or silence, in either direction', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 25 }), settings, async (items, given) => {
      const { before, after, most } = await throughStep(items, { ...given, order: "any" });
      expect(lots(after)).toEqual(lots(before));
      expect(most).toBeLessThanOrEqual(given.concurrency);
    }),
    { numRuns: 150 },
  );
});
