import { expect, test } from "vitest";
import type { Disk } from "../core/disk.ts";
import { seededRandom } from "../core/random.ts";
import { SimDisk, type SimDiskOptions } from "./sim-disk.ts";

function newDisk(options: Partial<SimDiskOptions> = {}): SimDisk {
  return new SimDisk({ random: seededRandom(1), ...options });
}

async function write(disk: Disk, path: string, bytes: Uint8Array, sync: boolean): Promise<void> {
  const file = await disk.open(path, "rw");
  await file.write(bytes, 0);
  if (sync) await file.sync();
  await file.close();
}

async function read(disk: Disk, path: string): Promise<number[] | undefined> {
  const stat = await disk.stat(path);
  if (stat === undefined) return undefined;
  const bytes = new Uint8Array(stat.size + 1);
  const file = await disk.open(path, "r");
  return [...bytes.subarray(0, await file.read(bytes, 0))];
}

/** `/d/old` is safe in name and content and holds 1s; then it is written over with 2s, and all names change, with no sync. */
async function unsynced(seed: number): Promise<SimDisk> {
  const disk = newDisk({ random: seededRandom(seed), sectorBytes: 4 });
  await disk.makeFolder("/d");
  await write(disk, "/d/old", new Uint8Array(12).fill(1), true);
  await write(disk, "/d/gone", new Uint8Array(1), true);
  await disk.syncFolder("/d");
  await write(disk, "/d/old", new Uint8Array(16).fill(2), false);
  await write(disk, "/d/draft", new Uint8Array([3]), true);
  await disk.rename("/d/draft", "/d/new");
  await disk.remove("/d/gone");
  return disk;
}

test("what was not synced is lost, or stays", async () => {
  const before = await unsynced(1);
  before.crash("nothing");
  const none = before.restart();
  expect(await none.list("/d")).toEqual(["gone", "old"]);
  expect(await read(none, "/d/old")).toEqual(new Array(12).fill(1));
  const after = await unsynced(1);
  after.crash("everything");
  const all = after.restart();
  expect(await all.list("/d")).toEqual(["new", "old"]);
  expect(await read(all, "/d/old")).toEqual(new Array(16).fill(2));
});

test("by chance, any part of it stays: names, sectors, torn sectors; the same for the same seed", async () => {
  const contents = new Set<string>();
  const names = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const [disk, twin] = [await unsynced(seed), await unsynced(seed)];
    disk.crash("random");
    twin.crash("random");
    const left = disk.restart();
    const text = String(await read(left, "/d/old"));
    expect(String(await read(twin.restart(), "/d/old"))).toBe(text);
    contents.add(text);
    names.add(String(await left.list("/d")));
  }
  expect(contents).toContain("2,2,2,2,1,1,1,1,1,1,1,1");
  expect(contents).toContain("1,1,1,1,1,1,1,1,1,1,1,1,2,2,2,2");
  expect(contents).toContain("1,1,1,1,2,2,2,2,2,2,2,2");
  expect([...contents].some((content) => /^(2,){1,3}1,/.test(content))).toBe(true);
  expect(names).toEqual(new Set(["gone,old", "draft,gone,old", "gone,new,old", "draft,old", "old", "new,old"]));
});

test("after a crash every call rejects, also of open files, and the lock is free", async () => {
  const disk = newDisk();
  const file = await disk.open("a", "rw");
  const release = await disk.lock("lock");
  await expect(disk.lock("lock")).rejects.toMatchObject({ code: "ML5001" });
  disk.crash("everything");
  const calls = [
    disk.list("."),
    disk.open("a", "r"),
    file.write(new Uint8Array(1), 0),
    file.close(),
    release(),
    disk.stat("a"),
  ];
  for (const result of await Promise.allSettled(calls)) expect(result).toMatchObject({ reason: { code: "ECRASHED" } });
  const next = disk.restart();
  await (await next.lock("lock"))();
  await next.lock("lock");
});

test("a crash in the hook stops the operation before or after its effect", async () => {
  for (const done of [false, true]) {
    const disk: SimDisk = newDisk({
      onOperation: (_n, name, path, isDone) => {
        if (name === "file.write" && isDone === done) {
          expect(path).toBe("a");
          disk.crash("everything");
        }
      },
    });
    await expect(write(disk, "./a", new Uint8Array([5]), true)).rejects.toMatchObject({ code: "ECRASHED" });
    expect(await read(disk.restart({ onOperation: undefined }), "a")).toEqual(done ? [5] : []);
  }
});

test("a full disk takes what fits, then ENOSPC; overwriting and removing still work", async () => {
  const disk = newDisk({ capacityBytes: 10 });
  await write(disk, "a", new Uint8Array(6), true);
  await expect(write(disk, "b", new Uint8Array(6).fill(1), false)).rejects.toMatchObject({ code: "ENOSPC" });
  expect(await read(disk, "b")).toEqual([1, 1, 1, 1]);
  await write(disk, "a", new Uint8Array(6).fill(9), false);
  await disk.remove("a");
  await write(disk, "b", new Uint8Array(10), false);
});

test("the n-th operation fails when told to, and a sync that failed is not made good by the next", async () => {
  const disk = newDisk({ sectorBytes: 1 });
  const file = await disk.open("a", "rw");
  await disk.syncFolder(".");
  await file.write(new Uint8Array(200).fill(1), 0);
  disk.failIn(1, "EIO");
  await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
  await file.sync();
  expect(await read(disk, "a")).toEqual(new Array(200).fill(1));
  disk.crash("everything");
  expect(await read(disk.restart(), "a")).not.toEqual(new Array(200).fill(1));
});

test("operations wait for the scheduler, and are counted as they begin", async () => {
  const waiting: (() => void)[] = [];
  const disk = newDisk({ yield: () => new Promise((resolve) => void waiting.push(resolve)) });
  const opened = disk.open("a", "rw");
  const listed = disk.list(".");
  expect(disk.operations).toBe(0);
  waiting[1]!();
  expect(await listed).toEqual([]);
  waiting[0]!();
  await opened;
  expect(disk.operations).toBe(2);
});

test("it keeps to the contract in small things", async () => {
  const disk = newDisk();
  await expect(disk.open("none", "r")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(disk.open("no/such/folder", "rw")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(disk.rename("none", "b")).rejects.toMatchObject({ code: "ENOENT" });
  await disk.remove("none");
  expect(await disk.list("none")).toEqual([]);
  expect(await disk.stat("none")).toBeUndefined();
  await disk.makeFolder("x/y");
  expect(await disk.list("x/")).toEqual(["y"]);
  const file = await disk.open("x/f", "rw");
  await file.write(new Uint8Array([1]), 3);
  expect(await read(disk, "x/f")).toEqual([0, 0, 0, 1]);
  await file.truncate(2);
  await file.truncate(100);
  expect(await file.stat()).toEqual({ ...(await disk.stat("x/f")), size: 100 });
  const identity = (await file.stat()).identity;
  await disk.rename("x/f", "x/g");
  expect((await disk.stat("x/g"))?.identity).toBe(identity);
  expect((await (await disk.open("x/f", "rw")).stat()).identity).not.toBe(identity);
  await file.close();
  await expect(file.sync()).rejects.toMatchObject({ code: "EBADF" });
  await expect((await disk.open("x/g", "r")).write(new Uint8Array(1), 0)).rejects.toMatchObject({ code: "EBADF" });
});
