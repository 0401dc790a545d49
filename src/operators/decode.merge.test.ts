import { describe, expect, test } from "vitest";
import { json } from "../codecs/json/index.ts";
import { stream } from "../stream/stream.ts";
import { drive, memorySink, textSource } from "../testing/index.ts";

const count = 150;
const record = (source: string, i: number) => {
  if (i % 10 === 7) return Buffer.from(`{"s":"${source}","i":${i},"x":"\xff"}`, "latin1");
  if (i % 10 === 3) return `{"s":"${source}","i":`;
  return `{"x":"${"y".repeat(i)}","s":"${source}","\\u0069":${i}}`;
};
const linesOf = (source: string) => Array.from({ length: count }, (_, i) => record(source, i));

describe.each(["onDemand", "strict"] as const)("json.pick, %s, behind a merge of byte sources", (mode) => {
  test.each([
    [1, 1],
    [1, 64],
    [7, 5],
    [150, 100],
    [150, 3],
  ])("gives each record its own values: batches of %i and %i, a sink that interrupts them", async (first, second) => {
    const sink = memorySink<{ s: string; i: number }>({ pendingRecordsMax: 3 });
    const [a, b] = [
      stream("a", textSource(linesOf("a"), { batchRecords: first })),
      stream("b", textSource(linesOf("b"), { batchRecords: second })),
    ];
    const pipeline = a.merge("both", b).decode("step", json.pick({ s: json.string, i: json.int }, { mode }));
    await drive(pipeline.to("out", sink));
    const isGood = (i: number) => i % 10 !== 3 && (mode === "onDemand" || i % 10 !== 7);
    const expected = Array.from({ length: count }, (_, i) => i).filter(isGood);
    for (const source of ["a", "b"]) {
      expect(sink.values.filter(({ s }) => s === source).map(({ i }) => i)).toEqual(expected);
    }
    expect(sink.values).toHaveLength(2 * expected.length);
  });
});

test("two sources into one decoder take turns in the middle of a batch", async () => {
  const sink = memorySink<{ s: string; i: number }>({ pendingRecordsMax: 3 });
  const [a, b] = ["a", "b"].map((id) => stream(id, textSource(linesOf(id), { batchRecords: 100 })));
  const pick = json.pick({ s: json.string, i: json.int });
  await drive(a!.merge("both", b!).decode("step", pick).to("out", sink));
  const turns = sink.values.filter(({ s }, at) => at > 0 && s !== sink.values[at - 1]!.s);
  expect(turns.length).toBeGreaterThan(10);
});
