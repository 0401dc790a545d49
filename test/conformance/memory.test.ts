import { test } from "vitest";
import {
  from,
  listSource,
  memorySink,
  type SinkFixture,
  sinkConformance,
  sourceConformance,
  textSource,
} from "../../src/testing/index.ts";

const words = Array.from({ length: 24 }, (_, n) => `word ${n} äö\u{1f600}`);

function inTwo<T>(values: readonly T[]) {
  return values.map((value, n) => (n % 3 === 0 ? from("other", value) : value));
}

const other = words.filter((_, n) => n % 3 === 0);
const list = words.filter((_, n) => n % 3 !== 0);

const cases = [
  ...sourceConformance("list source", () => ({ source: listSource(words), expected: { list: words } })),
  ...sourceConformance("list source of two partitions, in batches", () => ({
    source: listSource(inTwo(words), { batchRecords: 4 }),
    expected: { list, other },
  })),
  ...sourceConformance("text source", () => ({
    source: textSource(inTwo(words), { batchRecords: 5 }),
    expected: { list, other },
  })),
  ...sinkConformance("memory sink", () => fixtureOf(undefined)),
  ...sinkConformance("memory sink that fills", () => fixtureOf(5)),
  ...sinkConformance("at-least-once memory sink", () => fixtureOf(undefined, "at-least-once")),
];

function fixtureOf(fullAfter: number | undefined, delivery?: "at-least-once"): SinkFixture<number> {
  const sink = memorySink<number>({ pendingRecordsMax: fullAfter, delivery });
  return { sink, value: (n) => n, text: String, arrived: async () => sink.values.map(String), fullAfter };
}

for (const { name, run } of cases) test(name, run);
