import { PassThrough, Readable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteBatch } from "../../core/records.ts";
import { readAll, readSource, recordsIn, sourceContext } from "./connector.fixture.ts";
import { stdinSource, streamSource } from "./stream-source.ts";

const chunksOf = (bytes: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    Buffer.from(bytes.subarray(index * size, (index + 1) * size)),
  );

async function textsOf(chunks: readonly (Buffer | string)[]): Promise<string[]> {
  const records = await readSource(streamSource(() => Readable.from(chunks, { objectMode: false })));
  return records.map((record) => record.text);
}

/** Promises that need no time have gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("streamSource", () => {
  it("finds the same lines however they come", async () => {
    const bytes = fc
      .array(fc.constantFrom(10, 13, 0, 0xff, 97, 0x1f, 0x28), { maxLength: 80 })
      .map((list) => Buffer.from(list));
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 30 }), async (given, size) => {
        fc.pre(!(given[0] === 0x1f && given[1] === 0x8b));
        const expected = given.toString("latin1").split("\n");
        const last = expected.pop()!;
        const lines = expected.map((text) => text.replace(/\r$/, ""));
        expect(await textsOf(chunksOf(given, size))).toEqual(last === "" ? lines : [...lines, last]);
      }),
      { numRuns: 200 },
    );
  });

  it("unpacks what is packed, even when its first bytes come one at a time", async () => {
    for (const packed of [
      gzipSync("a\nb\n"),
      Buffer.concat([zstdCompressSync(Buffer.from("a\n")), zstdCompressSync(Buffer.from("b"))]),
    ]) {
      for (const size of [1, 3, 1000]) expect(await textsOf(chunksOf(packed, size))).toEqual(["a", "b"]);
    }
    await expect(textsOf([gzipSync("a\nb\n").subarray(0, -3)])).rejects.toMatchObject({ code: "ML3001" });
  });

  it("takes streams of text", async () => {
    expect(await textsOf(["é\n", "b"])).toEqual([Buffer.from("é").toString("latin1"), "b"]);
  });

  it("hands a line on as soon as its newline is there, though nothing follows", async () => {
    const stream = new PassThrough();
    const reader = await streamSource(() => stream).open(sourceContext());
    stream.write("one\ntw");
    expect(recordsIn((await reader.read()) as ByteBatch).map((record) => record.text)).toEqual(["one"]);
    expect(reader.pending).toBe(false);
    const next = reader.read();
    stream.write("o\n");
    expect(recordsIn((await next) as ByteBatch)[0]).toMatchObject({ text: "two", place: "stream, byte 4" });
    await reader.close();
  });

  it("takes from the stream only when asked", async () => {
    let given = 0;
    const stream = new Readable({
      highWaterMark: 1000,
      read() {
        given++;
        this.push(Buffer.alloc(1000, "a line...\n"));
      },
    });
    const reader = await streamSource(() => stream).open(sourceContext());
    await reader.read();
    await settled();
    const before = given;
    await settled();
    await settled();
    expect(given).toBe(before);
    expect(given).toBeLessThan(5);
    await reader.close();
    expect(stream.destroyed).toBe(true);
  });

  it("ends a read that waits when the pipeline wants no more, and lets go of the stream", async () => {
    const stop = new AbortController();
    const stream = new PassThrough();
    const reader = await streamSource(() => stream).open(sourceContext({ signal: stop.signal }));
    const waiting = reader.read();
    await settled();
    stop.abort();
    expect(await waiting).toBe("end");
    await reader.close();
    expect(stream.destroyed).toBe(true);
  });

  it("tells of a stream that fails, and where", async () => {
    const stream = new PassThrough();
    const reader = await streamSource(() => stream, { name: "pipe" }).open(sourceContext());
    stream.write("abc\n");
    await reader.read();
    const next = reader.read();
    stream.destroy(new Error("the line went dead"));
    await expect(next).rejects.toMatchObject({ code: "ML3001", position: "pipe, byte 4" });
    await reader.close();
  });

  it("promises nothing it cannot keep", async () => {
    expect(stdinSource().traits).toEqual({ name: "stdin", replayable: false, live: true });
    const reader = await streamSource(() => Readable.from([])).open(sourceContext());
    expect(await readAll(reader)).toEqual([]);
    await reader.close();
  });
});
