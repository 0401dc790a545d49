import { expect, test } from "vitest";
import type { Sink } from "../../src/core/sink.ts";
import type { Source } from "../../src/core/source.ts";
import {
  type ConformanceCase,
  listSource,
  memorySink,
  sinkConformance,
  sourceConformance,
  textSource,
} from "../../src/testing/index.ts";
import { cutsTooLate, forgetsItsCut, misplaced, neverFull } from "../simulation/broken-parts.ts";

const words = Array.from({ length: 20 }, (_, n) => `word ${n}`);

/** A source that uses a batch's memory again while the batch is worked on. */
function hasty<T>(source: Source<T>): Source<T> {
  const open: Source<T>["open"] = async (context) => {
    const reader = await source.open(context);
    const read = async () => {
      const batch = await reader.read();
      if (batch !== "end") setImmediate(() => batch.buffer?.fill(0));
      return batch;
    };
    return { read, close: () => reader.close() };
  };
  return { ...source, open };
}

/** What the cases of the suite that fail are called, without the subject before them. */
async function failing(cases: readonly ConformanceCase[]): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of cases) {
    await run().catch(() => names.push(name.replace(/^broken: /, "")));
  }
  return names;
}

function sourceFailures<T>(source: () => Source<T>) {
  return failing(sourceConformance("broken", () => ({ source: source(), expected: { list: words } })));
}

function sinkFailures(make: () => { sink: Sink<number>; values: readonly number[] }, fullAfter?: number) {
  const fixture = () => {
    const { sink, values } = make();
    return { sink, value: (n: number) => n, text: String, arrived: async () => values.map(String), fullAfter };
  };
  return failing(sinkConformance("broken", fixture));
}

test("the suite for sources finds wrong positions, lost records and memory that is used again too soon", async () => {
  const behind = "goes on behind any record, from a position that was kept as JSON";
  const dies = "is told only of what is safe, and gives the rest when its process dies";
  expect(await sourceFailures(() => misplaced(listSource(words), 1))).toEqual([behind, dies]);
  expect(await sourceFailures(() => misplaced(listSource(words), -1))).toContain(behind);
  expect(await sourceFailures(() => listSource(words.slice(1)))).toContain(
    "gives every record once, in the order of its partition, and then the end",
  );
  expect(await sourceFailures(() => hasty(textSource(words)))).toContain(
    "leaves a batch alone until it is asked for the next",
  );
});

test("the suite for sinks finds cuts that are ignored or taken too late, and a sink that is never full", async () => {
  const takesBack = "takes back, or writes again, what came after the checkpoint";
  const whileTaken = "does not count to a checkpoint what is written while it is taken";
  const ignoring = () => {
    const inner = memorySink<number>({ delivery: "at-least-once" });
    const traits = { name: "broken", delivery: "exactly-once" as const };
    return { sink: { ...forgetsItsCut(inner), traits }, values: inner.values };
  };
  expect(await sinkFailures(ignoring)).toEqual([takesBack, "goes on from a checkpoint that holds nothing", whileTaken]);
  const late = () => {
    const sink = cutsTooLate(memorySink<number>());
    return { sink, values: sink.values };
  };
  expect(await sinkFailures(late)).toEqual([whileTaken]);
  const endless = () => {
    const sink = neverFull(memorySink<number>({ pendingRecordsMax: 4 }));
    return { sink, values: sink.values };
  };
  expect(await sinkFailures(endless, 4)).toEqual(["is full after a while, and has room again when it has drained"]);
});
