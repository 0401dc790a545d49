import { expect, test } from "vitest";
import { MillraceError } from "../core/errors.ts";
import { seededRandom } from "../core/random.ts";
import type { CheckpointStore, Stateful } from "../core/state.ts";
import { SimDisk } from "../testing/sim-disk.ts";
import type { FolderCheckpointsOptions } from "./folder-checkpoints.ts";
import { keyedStore } from "./keyed-store.ts";
import { collectAll } from "./test-kit/collect-all.ts";
import { microtasks, smallCheckpoints } from "./test-kit/scripted-run.ts";

/** A process with one keyed store. */
class Process {
  readonly store = keyedStore<unknown>();
  readonly stores: ReadonlyMap<string, Stateful> = new Map([["s/s", this.store]]);
  readonly warnings: string[] = [];
  readonly checkpoints: CheckpointStore;

  constructor(disk: SimDisk, options: Partial<FolderCheckpointsOptions> = {}) {
    this.checkpoints = smallCheckpoints(disk, (message) => this.warnings.push(message), options);
  }

  async open(): Promise<number | undefined> {
    return (await this.checkpoints.open((_store, key, value) => this.store.apply(key, value)))?.id;
  }

  commit(id: number): Promise<void> {
    return this.checkpoints.commit({ id, sources: {}, sinks: {}, versions: {} }, collectAll(this.stores), this.stores);
  }

  get state(): string {
    return JSON.stringify([...this.store].sort());
  }
}

function newDisk(): SimDisk {
  return new SimDisk({ random: seededRandom(5) });
}

async function restored(disk: SimDisk): Promise<{ readonly id: number | undefined; readonly state: string }> {
  const process = new Process(disk);
  const id = await process.open();
  await process.checkpoints.close();
  expect(process.warnings).toEqual([]);
  return { id, state: process.state };
}

/** Two commits, then a third of which the `n`-th operation fails; undefined when it has fewer operations. */
async function failThird(n: number, code: string): Promise<{ disk: SimDisk; process: Process } | undefined> {
  const disk = newDisk();
  const process = new Process(disk);
  await process.open();
  for (const id of [1, 2]) {
    process.store.set("a", id);
    process.store.set(id, "x");
    await process.commit(id);
  }
  process.store.set("a", 3);
  process.store.delete(1);
  disk.failIn(n, code);
  const error = await process.commit(3).catch((thrown: unknown) => thrown);
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(MillraceError);
  expect((error as MillraceError).code).toBe("ML5004");
  expect(((error as MillraceError).cause as { code: string }).code).toBe(code);
  return { disk, process };
}

test.each(["EIO", "ENOSPC"])("a commit that fails at any operation with %s can be retried", async (code) => {
  let n = 1;
  for (; ; n++) {
    const failed = await failThird(n, code);
    if (failed === undefined) break;
    const { disk, process } = failed;
    process.store.set("later", n);
    await process.commit(3);
    expect(await restored(disk.restart()), `operation ${n}`).toEqual({ id: 3, state: process.state });
    const after = disk.restart();
    const next = new Process(after);
    await next.open();
    next.store.set("a", 4);
    await next.commit(4);
    expect(await restored(after.restart()), `operation ${n}`).toEqual({ id: 4, state: next.state });
  }
  expect(n).toBeGreaterThan(8);
});

test("a crash after a commit that failed at any operation leaves that checkpoint or the one before", async () => {
  for (let n = 1; ; n++) {
    const failed = await failThird(n, "EIO");
    if (failed === undefined) break;
    failed.disk.crash("random");
    const { id, state } = await restored(failed.disk.restart());
    const expected =
      id === 3
        ? [
            [2, "x"],
            ["a", 3],
          ]
        : [
            [1, "x"],
            [2, "x"],
            ["a", 2],
          ];
    expect([id, state], `operation ${n}`).toEqual([id === 3 ? 3 : 2, JSON.stringify(expected)]);
  }
});

test("when the disk is full, commits fail until there is room again, and nothing is lost or doubled", async () => {
  const disk = newDisk();
  const process = new Process(disk);
  await process.open();
  process.store.set("a", 1);
  await process.commit(1);
  disk.capacityBytes = disk.usedBytes + 1000;
  for (let i = 0; i < 5; i++) {
    process.store.set(`big ${i}`, "x".repeat(900));
    if (i > 0) await expect(process.commit(2)).rejects.toMatchObject({ code: "ML5004", retryable: true });
    expect((await restored(disk.copy({ capacityBytes: 1e9 }))).state).toBe('[["a",1]]');
  }
  disk.capacityBytes = 1e6;
  await process.commit(2);
  expect(await restored(disk.copy())).toEqual({ id: 2, state: process.state });
  expect((await disk.list("/run/state")).filter((name) => name.startsWith("changes")).length).toBe(2);
});

test("when failed commits leave more than may be kept, it refuses for good, and the last checkpoint stands", async () => {
  const disk = newDisk();
  const process = new Process(disk, { pendingBytesMax: 2000 });
  await process.open();
  process.store.set("a", 1);
  await process.commit(1);
  for (const text of ["could not", "could not", "could not"]) {
    process.store.set("big", text.repeat(100));
    disk.failIn(1, "EIO");
    await expect(process.commit(2)).rejects.toThrow("EIO");
  }
  await expect(process.commit(2)).rejects.toThrow(/ML5004.*more changes than the 2000 bytes/);
  expect(process.checkpoints.status?.()).toMatchObject({ pendingBytes: 0 });
  expect(await restored(disk.restart())).toEqual({ id: 1, state: '[["a",1]]' });
});

test("a compaction that fails is warned of, tried again later, and commits go on", async () => {
  const bases: number[] = [];
  const disk: SimDisk = new SimDisk({
    random: seededRandom(5),
    onOperation: (n, name, path, done) => {
      if (done || !path.includes("base-") || name !== "file.write") return;
      if (bases.push(n) <= 3) throw Object.assign(new Error("EIO: bad sector"), { code: "EIO" });
    },
  });
  const process = new Process(disk);
  await process.open();
  for (let id = 1; id <= 30; id++) {
    process.store.set("a", "x".repeat(400 + id));
    await process.commit(id);
    await microtasks(200);
  }
  expect(process.warnings.length).toBe(3);
  expect(process.warnings[0]).toContain("could not be compacted: EIO");
  expect(process.checkpoints.status!().compactions).toBeGreaterThan(1);
  expect(await restored(disk.restart({ onOperation: undefined }))).toEqual({ id: 30, state: process.state });
});

test("a checkpoint of no changes is kept like any other, and costs no segment", async () => {
  const disk = newDisk();
  const process = new Process(disk);
  await process.open();
  await process.commit(1);
  await process.commit(2);
  expect(await disk.list("/run/state")).toEqual(["manifest-a.json", "manifest-b.json"]);
  expect(await restored(disk.restart())).toEqual({ id: 2, state: "[]" });
});

test("a commit writes what changed, not what is held, also after one that failed", async () => {
  const disk = newDisk();
  const process = new Process(disk, { compactBytesMin: 1e9 });
  await process.open();
  for (let i = 0; i < 1000; i++) process.store.set(i, "held");
  await process.commit(1);
  const figures = () => process.checkpoints.status!() as Record<string, number>;
  const held = figures().bytes!;
  process.store.set(1, "changed");
  disk.failIn(5, "EIO");
  await expect(process.commit(2)).rejects.toThrow("EIO");
  process.store.set(2, "changed");
  await process.commit(2);
  expect(figures().bytes! - held).toBeLessThan(120);
  process.store.set(3, "changed");
  await process.commit(3);
  expect(figures()).toMatchObject({ pendingBytes: 0, lastCommitBytes: 34, segments: 2 });
});

test("changes are taken before the commit's first await", async () => {
  const disk = newDisk();
  const process = new Process(disk);
  await process.open();
  const value = new Uint8Array([1, 2, 3]);
  const changes: [string, Uint8Array][] = [['"k', value]];
  const commit = process.checkpoints.commit(
    { id: 1, sources: {}, sinks: {}, versions: {} },
    [{ store: "s/s", changes }],
    process.stores,
  );
  value.fill(9);
  changes.length = 0;
  await commit;
  const seen: unknown[] = [];
  await smallCheckpoints(disk.restart(), () => {}).open((...change) =>
    seen.push([...change.slice(0, 2), [...change[2]!]]),
  );
  expect(seen).toEqual([["s/s", '"k', [1, 2, 3]]]);
});

test("two cannot hold a folder; commits before open and after close are refused", async () => {
  const disk = newDisk();
  const process = new Process(disk);
  await expect(process.commit(1)).rejects.toThrow("not open");
  await process.open();
  const other = new Process(disk);
  await expect(other.open()).rejects.toMatchObject({ code: "ML5001" });
  await process.checkpoints.close();
  await expect(process.commit(1)).rejects.toThrow("closed");
  expect(await other.open()).toBeUndefined();
});
