import { expect, test } from "vitest";
import { MillraceError } from "../core/errors.ts";
import { seededRandom } from "../core/random.ts";
import { SimDisk } from "../testing/sim-disk.ts";
import { beats, ScriptedRun, scriptedStates } from "./test-kit/scripted-run.ts";

const folder = "/run/state";
const states = scriptedStates();

async function finishedDisk(): Promise<SimDisk> {
  const disk = new SimDisk({ random: seededRandom(1) });
  await new ScriptedRun(disk).go();
  return disk;
}

/** What comes of opening a disk: the checkpoint and its state, or the error's code. */
async function opened(disk: SimDisk) {
  const run = new ScriptedRun(disk);
  try {
    const { id, state } = await run.restore();
    return { id, state, warnings: run.warnings, error: undefined };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return { id: 0, state: "", warnings: run.warnings, error };
  }
}

async function names(disk: SimDisk, pattern: RegExp): Promise<string[]> {
  return (await disk.list(folder)).filter((name) => pattern.test(name));
}

/** The names of the manifests, the newer first. */
async function manifests(disk: SimDisk): Promise<[newer: string, older: string]> {
  const [a, b] = ["manifest-a.json", "manifest-b.json"];
  const copy = disk.copy();
  copy.corrupt(`${folder}/${a}`, 0, 1);
  return (await opened(copy)).id === beats ? [b, a] : [a, b];
}

test("a flipped bit in any file is noticed, or changes nothing", async () => {
  const disk = await finishedDisk();
  const random = seededRandom(3);
  let wentBack = 0;
  for (const name of await names(disk, /./)) {
    const { size } = (await disk.stat(`${folder}/${name}`))!;
    for (let offset = 0; offset < size; offset++) {
      const damaged = disk.copy();
      damaged.corrupt(`${folder}/${name}`, offset, 1 << random.below(8));
      const found = await opened(damaged);
      const text = `${name}, byte ${offset}`;
      if (found.error !== undefined) expect(["ML5002", "ML5003"], text).toContain(found.error.code);
      else expect(found.state, text).toBe(states[found.id]);
      if (found.error === undefined && found.warnings.length === 0) expect(found.id, text).toBe(beats);
      if (found.error === undefined && found.id !== beats) {
        wentBack++;
        expect(found.id, text).toBe(beats - 1);
        expect(found.warnings.join(), text).toContain(name);
      }
    }
  }
  expect(wentBack).toBeGreaterThan(100);
});

test("with the newer manifest corrupt, the one before is used, and what follows builds on it", async () => {
  const disk = await finishedDisk();
  const [newer] = await manifests(disk);
  const damaged = disk.copy();
  damaged.corrupt(`${folder}/${newer}`, 60, 4);
  const run = new ScriptedRun(damaged);
  await run.go();
  expect(run.restored).toBe(beats - 1);
  expect(run.warnings.join()).toContain(`${newer}, byte 0: the checksum does not match`);
  expect(await opened(damaged.copy())).toMatchObject({ id: beats, state: states[beats], warnings: [] });
});

test("after every commit, those that end a compaction included, one can go back to the checkpoint before", async () => {
  const seen = new Set<number>();
  const disk: SimDisk = new SimDisk({
    random: seededRandom(1),
    onOperation: (_n, name, _path, done) => {
      if (name === "rename" && done) copies.push(disk.copy({ onOperation: undefined }));
      if (name === "remove" && done) copies.push(disk.copy({ onOperation: undefined }));
    },
  });
  const copies: SimDisk[] = [];
  await new ScriptedRun(disk).go();
  copies.push(disk.copy({ onOperation: undefined }));
  for (const copy of copies) {
    const { id } = await opened(copy.copy());
    for (const name of await names(copy, /^manifest-/)) {
      const damaged = copy.copy();
      damaged.corrupt(`${folder}/${name}`, 60, 1);
      const found = await opened(damaged);
      if (id === 1) expect(found.error?.code).toBe("ML5002");
      else expect([id, id - 1]).toContain(found.id);
      expect(found.state).toBe(found.error ? "" : states[found.id]);
      seen.add(id - found.id);
    }
  }
  expect(seen).toEqual(new Set([0, 1]));
});

test("with the last change corrupt, the checkpoint before is used, since it is whole", async () => {
  const disk = await finishedDisk();
  const last = (await names(disk, /^changes/)).at(-1)!;
  const { size } = (await disk.stat(`${folder}/${last}`))!;
  disk.corrupt(`${folder}/${last}`, size - 3, 1);
  const found = await opened(disk.copy());
  expect(found).toMatchObject({ id: beats - 1, state: states[beats - 1] });
  expect(found.warnings.join()).toMatch(new RegExp(`${last}, byte \\d+: the checksum of the block does not match`));
});

test("with nothing whole left, opening fails naming file and offset, and removes nothing", async () => {
  const disk = await finishedDisk();
  const first = (await names(disk, /^base/))[0]!;
  disk.corrupt(`${folder}/${first}`, 40, 1);
  const damaged = disk.copy();
  const before = await damaged.list(folder);
  const { error } = await opened(damaged);
  expect(error?.code).toBe("ML5002");
  expect(error?.message).toContain(`${first}, byte 16`);
  expect(await damaged.list(folder)).toEqual(before);
  expect((await opened(damaged)).error?.code, "the lock was let go").toBe("ML5002");
});

test("a file that is missing or too short counts as corrupt", async () => {
  const disk = await finishedDisk();
  const last = (await names(disk, /^changes/)).at(-1)!;
  const shorter = disk.copy();
  await (await shorter.open(`${folder}/${last}`, "rw")).truncate(20);
  expect((await opened(shorter)).error?.message).toContain(`${last}, byte 16: the file ends before`);
  const missing = disk.copy();
  await missing.remove(`${folder}/${last}`);
  expect((await opened(missing)).error?.message).toContain(`${last}, byte 0: ENOENT`);
});

test("a torn tail beyond what was committed is not read", async () => {
  const disk = await finishedDisk();
  const damaged = disk.copy();
  for (const name of await names(disk, /\.seg$/)) {
    const file = await damaged.open(`${folder}/${name}`, "rw");
    await file.write(new Uint8Array(100).fill(7), (await file.stat()).size);
  }
  expect(await opened(damaged)).toMatchObject({ id: beats, state: states[beats], warnings: [] });
});

test("a state directory of a later format is refused, not taken back to an older checkpoint", async () => {
  const disk = await finishedDisk();
  const [newer] = await manifests(disk);
  const damaged = disk.copy();
  const { crc32 } = await import("node:zlib");
  const crc = crc32('2 {"all":"new"}').toString(16).padStart(8, "0");
  const file = await damaged.open(`${folder}/${newer}`, "rw");
  await file.truncate(0);
  await file.write(Buffer.from(`{"format":2,"crc32":"${crc}","manifest":{"all":"new"}}\n`), 0);
  const { error } = await opened(damaged);
  expect(error?.code).toBe("ML5003");
  expect(error?.message).toContain("format 2");
});
