import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { nodeDisk } from "../../src/core/node-disk.ts";
import { folderCheckpoints } from "../../src/state/index.ts";
import { GoldenStores, goldenCheckpoint, goldenCheckpoints, goldenKeys, goldenValues } from "./content.ts";

/** Restores a copy of a golden folder, since opening one takes its lock. */
async function restore(version: string) {
  const folder = await mkdtemp(join(tmpdir(), "millrace-golden-"));
  try {
    await cp(join(import.meta.dirname, version), folder, { recursive: true });
    const warnings: string[] = [];
    const stores = new GoldenStores();
    const checkpoints = folderCheckpoints(folder, {
      disk: nodeDisk,
      clock: systemClock,
      warn: (text) => warnings.push(text),
    });
    const checkpoint = await checkpoints.open((store, key, value) => stores.all.get(store)!.apply(key, value));
    const status = checkpoints.status!();
    await checkpoints.close();
    return { checkpoint, stores, status, warnings };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each(["v1"])("the state folder of format %s restores exactly", async (version) => {
  const { checkpoint, stores, status, warnings } = await restore(version);
  expect(warnings).toEqual([]);
  expect(status.baseBytes, "it holds a base").toBeGreaterThan(0);
  expect(status.segments, "and changes after it").toBeGreaterThan(1);
  expect(checkpoint).toStrictEqual(goldenCheckpoint(goldenCheckpoints));
  const expected = new GoldenStores();
  for (let id = 1; id <= goldenCheckpoints; id++) expected.change(id);
  expect(new Map(stores.values)).toStrictEqual(goldenValues());
  expect(new Map(stores.keys)).toStrictEqual(new Map(goldenKeys.map((key, index) => [key, index])));
  expect(new Map(stores.custom)).toStrictEqual(new Map(expected.custom));
  expect(stores.single.get()).toStrictEqual(expected.single.get());
});
