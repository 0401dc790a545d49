import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ByteBatch } from "../../core/records.ts";
import { decompressed } from "./compression.ts";
import { readSource, sourceContext, temporaryFolder } from "./connector.fixture.ts";
import { fileSource } from "./file-source.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index} of ${count}`);
const all = numbered(3000);
const bytes = Buffer.from(`${all.join("\n")}\n`);
const middle = 10_000;

const pack = { gzip: gzipSync, zstd: (given: Buffer) => zstdCompressSync(given) };

function file(content: Uint8Array, name = "packed"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

async function unpack(kind: "gzip" | "zstd", packed: Buffer, size: number): Promise<Buffer> {
  async function* pieces() {
    // One piece of memory for all, as the contract allows.
    const piece = Buffer.alloc(size);
    for (let at = 0; at < packed.length; at += size) yield piece.subarray(0, packed.copy(piece, 0, at, at + size));
  }
  const out: Buffer[] = [];
  for await (const chunk of decompressed(kind, pieces())) out.push(Buffer.from(chunk));
  return Buffer.concat(out);
}

for (const kind of ["gzip", "zstd"] as const) {
  const one = pack[kind](bytes);
  const several = Buffer.concat([
    pack[kind](bytes.subarray(0, middle)),
    pack[kind](Buffer.alloc(0)),
    pack[kind](bytes.subarray(middle)),
  ]);

  describe(`a ${kind} file`, () => {
    it("is read whatever its name", async () => {
      const path = file(one, "plain.txt");
      expect((await readSource(fileSource(path))).map((record) => record.text)).toEqual(all);
    });

    it("of several archives in one is read whole, wherever its blocks end", async () => {
      for (const size of [1, 7, several.length - 1, several.length, pack[kind](bytes.subarray(0, middle)).length]) {
        expect((await unpack(kind, several, size)).equals(bytes)).toBe(true);
      }
      expect((await readSource(fileSource(file(several)))).map((record) => record.text)).toEqual(all);
    });

    it("is gone on with from any place, also in its second archive", async () => {
      const path = file(several);
      const records = await readSource(fileSource(path));
      for (const index of [0, 1, 700, 2999]) {
        const rest = await readSource(fileSource(path, { readBytes: 1000 }), {}, records[index]!.resume);
        expect(rest.map((record) => record.text)).toEqual(all.slice(index));
      }
    });

    it("that became another is not gone on with", async () => {
      const path = file(one);
      const { resume } = (await readSource(fileSource(path)))[2000]!;
      writeFileSync(path, pack[kind](Buffer.from(bytes.toString().replaceAll("line", "LINE"))));
      await expect(readSource(fileSource(path), {}, resume)).rejects.toMatchObject({ code: "ML3002" });
    });

    it("that is cut off is an error that names file and place", async () => {
      const archives: readonly Buffer[] = [one.subarray(0, -5), several.subarray(0, -5), one.subarray(0, 4)];
      for (const archive of archives) {
        const path = file(archive);
        const reading = readSource(fileSource(path, { readBytes: 5000 }));
        await expect(reading).rejects.toMatchObject({
          code: "ML3001",
          message: expect.stringContaining(path),
          position: expect.stringMatching(/packed, byte \d+$/),
        });
      }
    });

    it("with something else behind it is an error", async () => {
      const path = file(Buffer.concat([one, Buffer.from("something else")]));
      await expect(readSource(fileSource(path))).rejects.toMatchObject({ code: "ML3001" });
    });

    it("tells how far it is in packed bytes", async () => {
      const path = file(one);
      const reader = await fileSource(path).open(sourceContext());
      while ((await reader.read()) !== "end");
      expect(reader.progress!()).toEqual({ doneBytes: one.length, totalBytes: one.length });
      await reader.close();
    });

    it("that unpacks to a thousand times its size costs little memory", async () => {
      const path = file(pack[kind](Buffer.alloc(256 * 1024 * 1024)));
      const reader = await fileSource(path, { lineBytesMax: 1000 }).open(sourceContext());
      const before = process.memoryUsage();
      const batch = (await reader.read()) as ByteBatch;
      const after = process.memoryUsage();
      // Pieces that the collector has not come round to count too: V8 lets 64 MiB of them gather.
      expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(96 * 1024 * 1024);
      expect([batch.bytes, batch.refused]).toEqual([256 * 1024 * 1024, [{ index: 0, reason: "line too long" }]]);
      await reader.close();
    });

    it("can be closed in the middle", async () => {
      const path = file(pack[kind](Buffer.alloc(8 * 1024 * 1024, "a line\n")));
      const reader = await fileSource(path).open(sourceContext());
      expect(await reader.read()).toMatchObject({ size: 4096 });
      await reader.close();
    });
  });
}

it("takes zeros behind a gzip member for padding, also in blocks of their own", async () => {
  const padded = Buffer.concat([gzipSync(bytes), Buffer.alloc(1000), gzipSync(bytes), Buffer.alloc(500)]);
  for (const size of [100, 5000, padded.length]) {
    expect((await unpack("gzip", padded, size)).length).toBe(2 * bytes.length);
  }
});
