import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lengthPrefixed } from "../../codecs/length-prefixed.ts";
import { lines } from "../../codecs/lines.ts";
import { rawLines } from "../../codecs/record-encoder.ts";
import { seededRandom } from "../../core/random.ts";
import type { SinkWriter } from "../../core/sink.ts";
import { SimDisk, type Survival } from "../../testing/sim-disk.ts";
import { recordOf, sinkContext, temporaryFolder } from "./connector.fixture.ts";
import { type FileSinkOptions, fileSink } from "./file-sink.ts";
import type { FileCut } from "./file-writer.ts";

const none = recordOf();
const newDisk = () => new SimDisk({ random: seededRandom(7) });

async function contentOf(disk: SimDisk, path = "out"): Promise<string> {
  const file = await disk.copy().open(path, "r");
  const into = Buffer.alloc((await file.stat()).size);
  await file.read(into, 0);
  return into.toString("latin1");
}

async function write(writer: SinkWriter<unknown>, values: Iterable<unknown>): Promise<void> {
  for (const value of values) {
    writer.write(value, none);
    if (writer.full) await writer.drain();
  }
}

function open(disk: SimDisk, options: FileSinkOptions<unknown> = {}, resume?: unknown, checkpointed = true) {
  return fileSink("out", options).open(sinkContext({ disk, resume, checkpointed }));
}

const throughJson = (cut: unknown) => JSON.parse(JSON.stringify(cut)) as FileCut;

describe("fileSink", () => {
  it("writes a line of JSON a value, to a real file, beginning with an empty one", async () => {
    const path = join(temporaryFolder(), "out.jsonl");
    writeFileSync(path, "what was there before, and is longer");
    const writer = await fileSink(path).open(sinkContext({ checkpointed: false }));
    await write(writer, [{ a: 1, b: "é\n" }, null, [1, 2]]);
    await writer.close();
    expect(readFileSync(path, "utf8")).toBe('{"a":1,"b":"é\\n"}\nnull\n[1,2]\n');
  });

  it("begins with an empty file, or after what is there when told to", async () => {
    for (const checkpointed of [true, false]) {
      const disk = newDisk();
      for (const [append, expected] of [
        [false, "1\n"],
        [true, "1\n1\n"],
        [false, "1\n"],
      ] as const) {
        const writer = await open(disk, { append }, undefined, checkpointed);
        await write(writer, [1]);
        await writer.prepare();
        await writer.close();
        expect(await contentOf(disk)).toBe(expected);
      }
    }
  });

  it("takes an encoder for values, for text, and for the source's own bytes", async () => {
    const disk = newDisk();
    const writer = await open(disk, { encoder: rawLines }, undefined, false);
    writer.write(1, recordOf("as it \0 was"));
    expect(() => writer.write(1, none)).toThrow("no bytes of its own");
    writer.write(2, recordOf(""));
    await writer.close();
    expect(await contentOf(disk)).toBe("as it \0 was\n\n");

    const text = await fileSink<string>("out", { encoder: lines.text }).open(
      sinkContext({ disk, checkpointed: false }),
    );
    text.write("plain", none);
    await text.close();
    expect(await contentOf(disk)).toBe("plain\n");
  });

  it("writes nothing of a value that has no bytes, and goes on", async () => {
    const disk = newDisk();
    const writer = await open(disk, {}, undefined, false);
    expect(() => writer.write(undefined, none)).toThrow("no text for undefined");
    expect(() => writer.write(1n, none)).toThrow();
    await write(writer, [1]);
    await writer.close();
    expect(await contentOf(disk)).toBe("1\n");
  });

  it("puts another framing around records", async () => {
    const disk = newDisk();
    const writer = await open(
      disk,
      { framing: lengthPrefixed(), encoder: { name: "as is", encode: (v) => v as string } },
      undefined,
      false,
    );
    await write(writer, ["é", Buffer.from([10, 0]), ""]);
    await writer.close();
    expect(await contentOf(disk)).toBe("\0\0\0\x02\xc3\xa9\0\0\0\x02\n\0\0\0\0\0");
  });

  it("writes what it was given, in order, whatever the sizes and when it is flushed", async () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.integer({ min: 0, max: 200_000 }).map((n) => "é".repeat(n)),
    );
    const act = fc.constantFrom("go on", "flush", "drain", "prepare");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(value, act), { maxLength: 20 }),
        fc.integer({ min: 1, max: 300_000 }),
        async (acts, pendingBytesMax) => {
          const disk = newDisk();
          const writer = await open(disk, { pendingBytesMax });
          let expected = "";
          for (const [text, then] of acts) {
            writer.write(text, none);
            expected += `${JSON.stringify(text)}\n`;
            if (then === "flush") writer.flush();
            if (then === "drain" || writer.full) await writer.drain();
            expect(writer.full).toBe(false);
            if (then === "prepare")
              expect(await writer.prepare()).toMatchObject({ length: Buffer.byteLength(expected) });
          }
          await writer.prepare();
          await writer.close();
          expect(await contentOf(disk)).toBe(Buffer.from(expected).toString("latin1"));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is full at its bound, and holds no more than that and one record", async () => {
    const disk = newDisk();
    const writer = await open(disk, { pendingBytesMax: 1000 });
    let held = 0;
    while (!writer.full) {
      writer.write("x".repeat(97), none);
      held += 100;
    }
    expect(held).toBe(1000);
    await writer.drain();
    expect(writer.full).toBe(false);
    expect(Number((await disk.stat("out"))?.size)).toBeGreaterThanOrEqual(500);
    await writer.close();
  });

  it("cuts at what was written before prepare was called, though more comes while it works", async () => {
    const disk = newDisk();
    const writer = await open(disk);
    await write(writer, ["a"]);
    const preparing = writer.prepare();
    await write(writer, ["b".repeat(100_000), "c"]);
    writer.flush();
    const cut = throughJson(await preparing);
    expect(cut).toMatchObject({ path: "out", length: 4 });
    await writer.prepare();
    await writer.close();
    const again = await open(disk, {}, cut);
    await write(again, ["d"]);
    await again.prepare();
    await again.close();
    expect(await contentOf(disk)).toBe('"a"\n"d"\n');
  });

  it("syncs nothing when nothing was written, and without checkpoints only at the end", async () => {
    const syncs: string[] = [];
    const watched = () => {
      syncs.length = 0;
      return new SimDisk({
        random: seededRandom(7),
        onOperation: (_, name, __, done) => void (done && /sync/.test(name) && syncs.push(name)),
      });
    };
    const writer = await open(watched());
    await write(writer, [1]);
    await writer.prepare();
    await writer.prepare();
    await write(writer, [2]);
    await writer.prepare();
    await writer.close();
    expect(syncs).toEqual(["file.sync", "syncFolder", "file.sync"]);
    const plain = await open(watched(), {}, undefined, false);
    await write(plain, [1]);
    plain.flush();
    await plain.drain();
    expect(syncs).toEqual([]);
    await plain.close();
    expect(syncs).toEqual(["file.sync", "syncFolder"]);
  });
});

describe("fileSink after a crash", () => {
  for (const survival of ["nothing", "everything", "random"] satisfies Survival[]) {
    it(`gives the undisturbed output wherever the crash comes, with ${survival} of the unsynced left`, async () => {
      const values = Array.from({ length: 12 }, (_, index) => `value ${index} ${"x".repeat(index * 50)}`);
      const whole = values.map((value) => `${JSON.stringify(value)}\n`).join("");
      let checkpointsSeen = 0;
      /** A run from a checkpoint (value to begin with, and the sink's cut) that takes one every three values. */
      const run = async (disk: SimDisk, from: { next: number; cut: unknown }) => {
        const writer = await open(disk, { pendingBytesMax: 300 }, from.cut);
        for (let next = from.next; next < values.length; next++) {
          await write(writer, [values[next]]);
          if (next % 3 !== 2) continue;
          Object.assign(from, { cut: throughJson(await writer.prepare()), next: next + 1 });
          checkpointsSeen++;
        }
        await writer.close();
      };
      const before = newDisk();
      await (await before.open("out", "rw")).write(Buffer.from("from an earlier run"), 0);
      let crashed = true;
      for (let at = 1; crashed; at++) {
        let n = 0;
        crashed = false;
        const disk: SimDisk = before.copy({
          random: seededRandom(at),
          onOperation: () => {
            if (++n !== at) return;
            crashed = true;
            disk.crash(survival);
          },
        });
        const checkpoint = { next: 0, cut: undefined as unknown };
        await run(disk, checkpoint).catch((thrown: { code?: string }) => expect(thrown.code).toBe("ML4001"));
        const after = disk.restart({ onOperation: () => undefined });
        await run(after, checkpoint);
        expect(await contentOf(after)).toBe(whole);
        expect(at).toBeLessThan(500);
      }
      expect(checkpointsSeen).toBeGreaterThan(4);
    });
  }

  it("refuses an output that is gone, shorter, or another", async () => {
    const disk = newDisk();
    const writer = await open(disk);
    await write(writer, ["a", "b"]);
    const cut = throughJson(await writer.prepare());
    await writer.close();
    const damaged = (change: (copy: SimDisk) => Promise<void>) => {
      const copy = disk.copy();
      return change(copy).then(() => open(copy, {}, cut));
    };
    await expect(damaged((copy) => copy.remove("out"))).rejects.toMatchObject({
      code: "ML4002",
      message: expect.stringContaining("gone"),
    });
    const shorter = damaged(async (copy) => (await copy.open("out", "rw")).truncate(7));
    await expect(shorter).rejects.toMatchObject({ code: "ML4002", message: expect.stringContaining("has 7 bytes") });
    const other = damaged((copy) => Promise.resolve(copy.corrupt("out", 5, 1)));
    await expect(other).rejects.toMatchObject({ code: "ML4002", message: expect.stringContaining("does not hold") });
    await expect(open(disk, {}, { nonsense: true })).rejects.toMatchObject({ code: "ML4002" });
    expect(await contentOf(disk)).toBe('"a"\n"b"\n');
  });
});

describe("fileSink on a disk that fails", () => {
  it("tells of a full disk at the next drain or prepare, and of nothing else", async () => {
    for (const ask of ["drain", "prepare"] as const) {
      const disk = newDisk();
      const writer = await open(disk);
      disk.capacityBytes = 50;
      await write(writer, ["x".repeat(100)]);
      writer.flush();
      await new Promise((resolve) => setImmediate(resolve));
      expect(writer.full).toBe(true);
      await expect(writer[ask]()).rejects.toMatchObject({ code: "ML4001", cause: { code: "ENOSPC" } });
      await writer.close();
    }
  });

  it("tells of it at close when nobody asked before", async () => {
    const disk = newDisk();
    const writer = await open(disk, {}, undefined, false);
    disk.capacityBytes = 50;
    await write(writer, ["x".repeat(100)]);
    await expect(writer.close()).rejects.toMatchObject({ code: "ML4001" });
  });

  it("trusts no sync after one that failed", async () => {
    const disk = newDisk();
    const writer = await open(disk);
    await write(writer, ["a"]);
    disk.failIn(2, "EIO");
    await expect(writer.prepare()).rejects.toMatchObject({ code: "ML4001", cause: { code: "EIO" } });
    await expect(writer.prepare()).rejects.toMatchObject({ code: "ML4001" });
    expect(writer.full).toBe(true);
    await writer.close();
  });

  it("refuses a folder, and a path that is in none", async () => {
    const folder = temporaryFolder();
    await expect(fileSink(folder).open(sinkContext())).rejects.toMatchObject({ code: "ML4001" });
    await expect(fileSink(join(folder, "no", "out")).open(sinkContext())).rejects.toMatchObject({ code: "ML4001" });
    expect(() => fileSink("out", { pendingBytesMax: 0 })).toThrow("ML1002");
  });

  it("writes to a device that cannot be truncated or synced", async () => {
    const writer = await fileSink("/dev/null").open(sinkContext({ checkpointed: false }));
    await write(writer, [1]);
    await writer.close();
  });
});
