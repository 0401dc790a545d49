import { expect, test } from "vitest";
import { stream } from "../../src/index.ts";
import { listSource, memorySink, simulate } from "../../src/testing/index.ts";
import { seedsUntilFound } from "./find-planted.ts";
import { upTo } from "./inputs.ts";
import { planted } from "./planted.ts";

test.each(Object.keys(planted))("%s is found", async (name) => {
  expect(await seedsUntilFound(planted[name]!, 1000)).toBeLessThanOrEqual(1000);
});

test("chance that comes from elsewhere is found: the same seed does not do the same", async () => {
  const pipeline = () =>
    stream("numbers", listSource(upTo(50), { batchRecords: () => 1 + Math.floor(Math.random() * 9) })).to(
      "out",
      memorySink<number>(),
    );
  const hashes = new Set<string>();
  for (let run = 0; run < 5; run++) hashes.add((await simulate({ pipeline, seed: 1 })).hash);
  expect(hashes.size).toBeGreaterThan(1);
});
