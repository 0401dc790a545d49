import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { sleep, systemClock } from "../src/core/clock.ts";
import { nodeDisk } from "../src/core/node-disk.ts";
import type { Stateful, StoreChanges } from "../src/core/state.ts";
import { folderCheckpoints } from "../src/state/index.ts";
import { GoldenStores, goldenCheckpoint, goldenCheckpoints } from "../test/golden/content.ts";

/**
 * Writes a state folder with the content that `test/golden/golden.test.ts` expects: `node tools/golden.ts FOLDER`.
 * Run it once for a new format, on an empty folder; the folder is then data, and every later version must read it.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node tools/golden.ts FOLDER");
await mkdir(folder);

const stores = new GoldenStores();
const checkpoints = folderCheckpoints(folder, { disk: nodeDisk, clock: systemClock, compactBytesMin: 6000 });
await checkpoints.open(() => {});
for (let id = 1; id <= goldenCheckpoints; id++) {
  stores.change(id);
  await checkpoints.commit(goldenCheckpoint(id), collect(stores.all), stores.all);
  while (checkpoints.status?.().compaction === "writing") await sleep(systemClock, 1);
}
console.log(checkpoints.status?.());
await checkpoints.close();
await rm(join(folder, "lock"), { recursive: true });

function collect(all: ReadonlyMap<string, Stateful>): StoreChanges[] {
  return [...all].map(([store, stateful]) => {
    const changes: [string, Uint8Array | undefined][] = [];
    stateful.collect({
      put: (key, value) => void changes.push([key, value]),
      delete: (key) => void changes.push([key, undefined]),
    });
    return { store, changes };
  });
}
