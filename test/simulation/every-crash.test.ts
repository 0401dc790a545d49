import { expect, test } from "vitest";
import { fileSink } from "../../src/connectors/file/index.ts";
import { stream, sum, tumbling } from "../../src/index.ts";
import { listSource, memorySink, pause, type SimulateOptions, simulateEveryCrash } from "../../src/testing/index.ts";
import { misplaced } from "./broken-parts.ts";
import { upTo } from "./inputs.ts";

const items = [1, 2, pause(25), 3, 4, pause(25), 5, 6, pause(25), 7];

const totals: SimulateOptions = {
  name: "totals",
  pipeline: () => {
    const records = stream("numbers", listSource(items, { batchRecords: 2 }));
    return records
      .eventTime("clock", (n) => 1000 * n, { lag: "1s" })
      .window("totals", tumbling("2s"), { late: "update" })
      .aggregate({ total: sum((n) => n) })
      .to("file", fileSink("/totals.jsonl"))
      .and(records.to("memory", memorySink()));
  },
};

const calls: SimulateOptions = {
  name: "calls",
  pipeline: (world) =>
    stream("numbers", listSource(items))
      .mapAsync(
        "double",
        world.call("double", (n: number) => 2 * n),
        { concurrency: 2 },
      )
      .to("file", fileSink("/doubles.jsonl", { pendingBytesMax: 8 })),
};

test.each([totals, calls])(
  "a crash at any operation of a small run of $name leaves nothing lost or doubled",
  async (plan) => {
    const reports = await simulateEveryCrash({ ...plan, seed: 1 });
    expect(reports.length).toBeGreaterThan(300);
    expect(reports.filter(({ crashes }) => crashes === 1).length).toBeGreaterThan(0.95 * reports.length);
  },
);

test("and finds a position that is one too far", async () => {
  const pipeline = () => stream("numbers", misplaced(listSource(upTo(30)), 1)).to("file", fileSink("/numbers.jsonl"));
  await expect(simulateEveryCrash({ pipeline, seed: 1 })).rejects.toThrow("lost");
});
