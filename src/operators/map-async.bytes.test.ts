import { expect, test } from "vitest";
import { sleep } from "../core/clock.ts";
import { Slice } from "../core/records.ts";
import { stream } from "../stream/stream.ts";
import { ManualClock, memorySink, pause, TestRun, textSource } from "../testing/index.ts";

/** Texts right from a source of bytes, read by calls that take a while. The source overwrites a batch at its next read. */
function slowTexts(lines: Parameters<typeof textSource>[0], latencyMs: number) {
  const clock = new ManualClock();
  const sink = memorySink<string>();
  const seen: string[] = [];
  const pipeline = stream("in", textSource(lines, { batchRecords: 2 }))
    .mapAsync("step", async (slice, { signal }) => {
      expect(slice).toBeInstanceOf(Slice);
      seen.push(slice.text());
      await sleep(clock, latencyMs, signal);
      return slice.text();
    })
    .to("out", sink);
  return { run: new TestRun(pipeline, { clock }).start(), sink, seen };
}

test("a call keeps its bytes while the source's memory is used again", async () => {
  const { run, sink } = slowTexts(["one", "", pause(1), "two", "zwölf", pause(1), "three"], 500);
  await run.finish();
  expect(sink.values).toEqual(["one", "", "two", "zwölf", "three"]);
});

test("bytes of a call under way are stored, and the call is made again with them", async () => {
  const { run, sink, seen } = slowTexts(["one", "zwölf", pause(60_000), "three"], 10_000);
  await run.advance(5_500);
  run.kill();
  expect(sink.values).toEqual([]);
  await run.start().finish();
  expect(seen).toEqual(["one", "zwölf", "one", "zwölf", "three"]);
  expect(sink.values).toEqual(["one", "zwölf", "three"]);
});
