import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lengthPrefixed } from "../../codecs/length-prefixed.ts";
import type { Disk, DiskFile } from "../../core/disk.ts";
import { nodeDisk } from "../../core/node-disk.ts";
import { seededRandom } from "../../core/random.ts";
import type { ByteBatch } from "../../core/records.ts";
import { SimDisk } from "../../testing/sim-disk.ts";
import { readSource, recordsIn, sourceContext, temporaryFolder } from "./connector.fixture.ts";
import { fileSource } from "./file-source.ts";

function file(content: string | Uint8Array, name = "in.txt"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

const textsOf = (records: readonly { text: string }[]) => records.map((one) => one.text);

/** A disk of one file whose bytes are made up as they are read. */
function madeUp(size: number, fill: (into: Uint8Array, position: number) => void): Disk {
  const stat = () => Promise.resolve({ size, identity: "1" });
  const one: Partial<DiskFile> = {
    read: (into, position) => {
      const count = Math.max(0, Math.min(into.length, size - position));
      fill(into.subarray(0, count), position);
      return Promise.resolve(count);
    },
    stat,
    close: () => Promise.resolve(),
  };
  return { ...nodeDisk, open: () => Promise.resolve(one as DiskFile), stat };
}

describe("fileSource", () => {
  it("reads lines as they are, with their places", async () => {
    const path = file(Buffer.from("one\r\ntwo\0\xff\n\n last", "latin1"));
    const records = await readSource(fileSource(path));
    expect(records.map(({ text, place }) => [text, place])).toEqual([
      ["one", `${path}, byte 0`],
      ["two\0\xff", `${path}, byte 5`],
      ["", `${path}, byte 11`],
      [" last", `${path}, byte 12`],
    ]);
  });

  it("reads files in order, each ending its last line", async () => {
    const paths = [file("a\nb"), file(""), file("c\n"), file("d")];
    expect(textsOf(await readSource(fileSource(paths)))).toEqual(["a", "b", "c", "d"]);
  });

  it("finds the same records, and the same remainder from each, whatever the size of blocks and batches", async () => {
    const text = fc.string({ unit: fc.constantFrom("\n", "\n", "\r", "a", "\0", "é"), maxLength: 60 });
    const sizes = fc.record({
      readBytes: fc.integer({ min: 1, max: 20 }),
      batchRecordsMax: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 3 }), sizes, async (contents, options) => {
        const disk = new SimDisk({ random: seededRandom(1) });
        const paths = contents.map((_, index) => `file${index}`);
        for (const [index, content] of contents.entries()) {
          const opened = await disk.open(paths[index]!, "rw");
          await opened.write(Buffer.from(content), 0);
        }
        const whole = textsOf(await readSource(fileSource(paths), { disk }));
        const records = await readSource(fileSource(paths, options), { disk });
        expect(textsOf(records)).toEqual(whole);
        for (const [index, record] of records.entries()) {
          expect(textsOf(await readSource(fileSource(paths, options), { disk }, record.resume))).toEqual(
            whole.slice(index),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it("goes on behind a batch with what follows it", async () => {
    const path = file("a\nb\nc\nd\n");
    const source = fileSource(path, { batchRecordsMax: 3 });
    const reader = await source.open(sourceContext());
    const batch = (await reader.read()) as ByteBatch;
    expect(batch.bytes).toBe(6);
    const behind = batch.resume(batch.size);
    await reader.close();
    expect(textsOf(await readSource(source, {}, behind))).toEqual(["d"]);
  });

  it("refuses a line over the bound, keeps its beginning, and goes on behind it", async () => {
    const path = file(`ab\n${"x".repeat(100)}\ncd\n`);
    for (const readBytes of [7, 1000]) {
      const records = await readSource(fileSource(path, { lineBytesMax: 10, readBytes }));
      expect(records.map(({ text, reason }) => [text, reason])).toEqual([
        ["ab", undefined],
        ["x".repeat(10), "line too long"],
        ["cd", undefined],
      ]);
      expect(records[1]!.place).toBe(`${path}, byte 3`);
      const rest = await readSource(fileSource(path, { lineBytesMax: 10, readBytes }), {}, records[2]!.resume);
      expect(textsOf(rest)).toEqual(["cd"]);
    }
  });

  it("goes on behind a line of which only the beginning was kept", async () => {
    const source = fileSource(file(`ab\n${"x".repeat(100)}\ncd\n`), { lineBytesMax: 10, readBytes: 7 });
    const reader = await source.open(sourceContext());
    let batch = (await reader.read()) as ByteBatch;
    while (batch.refused === undefined) batch = (await reader.read()) as ByteBatch;
    const behind = batch.resume(batch.size);
    await reader.close();
    expect(textsOf(await readSource(source, {}, behind))).toEqual(["cd"]);
  });

  it("lets an endless line pass by in little memory", async () => {
    const size = 64 * 1024 * 1024;
    const disk = madeUp(size, (into, position) => {
      into.fill(97);
      if (into.length >= 4 && position + into.length === size) into.set(Buffer.from("\nend"), into.length - 4);
    });
    const reader = await fileSource("big", { lineBytesMax: 64 * 1024 }).open(sourceContext({ disk }));
    const before = process.memoryUsage().arrayBuffers;
    const first = recordsIn((await reader.read()) as ByteBatch);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
    const last = recordsIn((await reader.read()) as ByteBatch);
    expect([first.length, first[0]!.reason, first[0]!.text.length]).toEqual([1, "line too long", 64 * 1024]);
    expect([last[0]!.text, last[0]!.place]).toEqual(["end", `big, byte ${size - 3}`]);
    await reader.close();
  });

  it("reads records with a length before them", async () => {
    const path = file(Buffer.from("\0\0\0\x02a\n\0\0\0\0\0\0\0\x05abc", "latin1"));
    const records = await readSource(fileSource(path, { framing: lengthPrefixed() }));
    expect(records.map(({ text, reason, place }) => [text, reason, place])).toEqual([
      ["a\n", undefined, `${path}, byte 0`],
      ["", undefined, `${path}, byte 6`],
      ["abc", "record cut off", `${path}, byte 10`],
    ]);
  });

  it("tells how far it is", async () => {
    const paths = [file("a\n"), file("bcd\n")];
    const reader = await fileSource(paths).open(sourceContext());
    expect(reader.progress!()).toEqual({ doneBytes: 0, totalBytes: 6 });
    await reader.read();
    await reader.read();
    expect(reader.progress!()).toEqual({ doneBytes: 6, totalBytes: 6 });
    await reader.close();
  });

  it("reads ahead while a batch is worked on, and no further", async () => {
    const path = file("abc\n".repeat(100));
    const reads: number[] = [];
    const disk: Disk = {
      ...nodeDisk,
      open: async (at, mode) => {
        const opened = await nodeDisk.open(at, mode);
        return {
          read: (into, position) => {
            reads.push(position);
            return opened.read(into, position);
          },
          write: (bytes, position) => opened.write(bytes, position),
          sync: () => opened.sync(),
          truncate: (length) => opened.truncate(length),
          stat: () => opened.stat(),
          close: () => opened.close(),
        };
      },
    };
    const reader = await fileSource(path, { readBytes: 40 }).open(sourceContext({ disk }));
    reads.length = 0;
    const batch = (await reader.read()) as ByteBatch;
    const kept = Buffer.from(batch.buffer).toString();
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads).toEqual([0, 40]);
    expect(Buffer.from(batch.buffer).toString()).toBe(kept);
    await reader.close();
  });

  describe("refuses", () => {
    it("a missing file, a folder, and no file at all", async () => {
      const folder = temporaryFolder();
      const present = file("a\n");
      await expect(readSource(fileSource([present, join(folder, "none")]))).rejects.toMatchObject({ code: "ML3001" });
      await expect(readSource(fileSource(folder))).rejects.toMatchObject({ code: "ML3001" });
      expect(() => fileSource([])).toThrow("ML1002");
      expect(() => fileSource("a", { readBytes: 0 })).toThrow("ML1002");
    });

    it("to go on in a file that is shorter, begins otherwise, or held something else", async () => {
      const path = file(`head\n${"x\n".repeat(1000)}`);
      const records = await readSource(fileSource(path, { batchRecordsMax: 100 }));
      const { resume } = records[950]!;
      const cases: [string, RegExp][] = [
        [`head\n${"x\n".repeat(900)}`, /has only 1805 bytes/],
        [`hood\n${"x\n".repeat(1000)}`, /does not begin as it did/],
        [`head\n${"x\n".repeat(940)}${"y\n".repeat(60)}`, /does not hold what was read/],
      ];
      for (const [content, reason] of cases) {
        writeFileSync(path, content);
        const reading = readSource(fileSource(path), {}, resume);
        await expect(reading).rejects.toMatchObject({ code: "ML3002", message: expect.stringMatching(reason) });
      }
      writeFileSync(path, `head\n${"x\n".repeat(950)}`);
      expect(await readSource(fileSource(path), {}, resume)).toHaveLength(1);
    });

    it("to go on in an input that is not given any more, or from what is no position", async () => {
      const paths = [file("a\n"), file("b\n")];
      const records = await readSource(fileSource(paths));
      const missing = readSource(fileSource(paths[0]!), {}, records[1]!.resume);
      await expect(missing).rejects.toMatchObject({ code: "ML3002" });
      await expect(readSource(fileSource(paths), {}, { offset: 3 })).rejects.toMatchObject({ code: "ML3002" });
    });
  });

  it("tells of a disk that fails while it reads ahead when the block is asked for, naming the place", async () => {
    const size = 1000;
    const disk = madeUp(size, (into, position) => {
      if (position === 40) throw Object.assign(new Error("medium is bad"), { code: "EIO" });
      into.fill(10);
    });
    const reader = await fileSource("f", { readBytes: 40 }).open(sourceContext({ disk }));
    expect((await reader.read()) as ByteBatch).toMatchObject({ size: 40 });
    await new Promise((resolve) => setImmediate(resolve));
    await expect(reader.read()).rejects.toMatchObject({ code: "ML3001", position: "f, byte 40" });
    await reader.close();
  });

  it("ends when the pipeline wants no more", async () => {
    const stop = new AbortController();
    const reader = await fileSource(file("a\n".repeat(50)), { readBytes: 10 }).open(
      sourceContext({ signal: stop.signal }),
    );
    await reader.read();
    stop.abort();
    expect(await reader.read()).toBe("end");
    await reader.close();
  });
});
