import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeDisk } from "./node-disk.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-disk-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("what is written is read, at its place", async () => {
  const path = join(folder, "a");
  await expect(nodeDisk.open(path, "r")).rejects.toMatchObject({ code: "ENOENT" });
  const file = await nodeDisk.open(path, "rw");
  await file.write(new Uint8Array([1, 2, 3]), 2);
  await file.sync();
  const into = new Uint8Array(10);
  expect(await file.read(into, 1)).toBe(4);
  expect([...into.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
  expect(await file.read(into, 5)).toBe(0);
  await file.truncate(3);
  expect((await file.stat()).size).toBe(3);
  await file.close();
  const again = await nodeDisk.open(path, "rw");
  expect((await again.stat()).size).toBe(3);
  await again.close();
});

test("a file keeps its identity when renamed, and another has another", async () => {
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  const file = await nodeDisk.open(from, "rw");
  const { identity } = await file.stat();
  await (await nodeDisk.open(to, "rw")).close();
  expect((await nodeDisk.stat(to))!.identity).not.toBe(identity);
  await nodeDisk.rename(from, to);
  await nodeDisk.syncFolder(folder);
  expect(await nodeDisk.stat(to)).toEqual({ size: 0, identity });
  expect(await nodeDisk.stat(from)).toBeUndefined();
  await file.close();
});

test("folders are made with those above; lists are sorted; what is not there is no error", async () => {
  const deep = join(folder, "x", "y", "z");
  await nodeDisk.makeFolder(deep);
  await nodeDisk.makeFolder(deep);
  for (const name of ["b", "a", "10", "9"]) await (await nodeDisk.open(join(deep, name), "rw")).close();
  expect(await nodeDisk.list(deep)).toEqual(["10", "9", "a", "b"]);
  await nodeDisk.remove(join(deep, "a"));
  await nodeDisk.remove(join(deep, "a"));
  expect(await nodeDisk.list(deep)).toEqual(["10", "9", "b"]);
  expect(await nodeDisk.list(join(folder, "none"))).toEqual([]);
  await expect(nodeDisk.list(join(deep, "b"))).rejects.toMatchObject({ code: "ENOTDIR" });
});
