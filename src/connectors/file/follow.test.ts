import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Disk } from "../../core/disk.ts";
import { seededRandom } from "../../core/random.ts";
import type { ByteBatch, Position, Slice } from "../../core/records.ts";
import type { SourceReader } from "../../core/source.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { SimDisk } from "../../testing/sim-disk.ts";
import { type Read, recordsIn, sourceContext } from "./connector.fixture.ts";
import { type FileSourceOptions, fileSource } from "./file-source.ts";

/** A followed file on a simulated disk and a clock that stands still: what was read so far, after each passing of time. */
class Followed {
  readonly clock = new ManualClock();
  readonly stop = new AbortController();
  readonly records: Read[] = [];
  reader: SourceReader<Slice> | undefined;
  ended: Promise<void> = Promise.resolve();
  readonly disk: SimDisk;

  constructor(disk = new SimDisk({ random: seededRandom(1) })) {
    this.disk = disk;
  }

  async append(path: string, text: string): Promise<void> {
    const file = await this.disk.open(path, "rw");
    await file.write(Buffer.from(text), (await file.stat()).size);
    await file.close();
  }

  async truncate(path: string, length = 0): Promise<void> {
    const file = await this.disk.open(path, "rw");
    await file.truncate(length);
    await file.close();
  }

  async start(paths: string | string[] = "log", resume?: Position, options: FileSourceOptions = {}): Promise<void> {
    const context = sourceContext({ disk: this.disk as Disk, clock: this.clock, signal: this.stop.signal }, resume);
    const reader = await fileSource(paths, { follow: true, poll: 100, ...options }).open(context);
    this.reader = reader;
    this.ended = this.#read(reader);
  }

  async #read(reader: SourceReader<Slice>): Promise<void> {
    for (let batch = await reader.read(); batch !== "end"; batch = await reader.read()) {
      this.records.push(...recordsIn(batch as ByteBatch));
    }
    await reader.close();
  }

  /** The texts read once 500 ms have passed. */
  async texts(): Promise<string[]> {
    await this.clock.advance(500);
    return this.records.map((record) => record.text);
  }

  async end(): Promise<string[]> {
    this.stop.abort();
    await this.ended;
    return this.records.map((record) => record.text);
  }
}

describe("a followed file", () => {
  it("gives what is added to it, holding a last line until its newline comes", async () => {
    const log = new Followed();
    await log.append("log", "a\nb");
    await log.start();
    expect(await log.texts()).toEqual(["a"]);
    await log.append("log", "c");
    expect(await log.texts()).toEqual(["a"]);
    await log.append("log", "d\ne\n");
    expect(await log.texts()).toEqual(["a", "bcd", "e"]);
    await log.append("log", "half");
    expect(await log.texts()).toHaveLength(3);
    expect(await log.end()).toEqual(["a", "bcd", "e"]);
  });

  it("is waited for when it is missing, and ends when the pipeline stops", async () => {
    const log = new Followed();
    await log.start();
    expect(await log.texts()).toEqual([]);
    await log.append("log", "a\n");
    expect(await log.texts()).toEqual(["a"]);
    await log.end();
    const none = new Followed();
    await none.start();
    expect(await none.end()).toEqual([]);
  });

  it("is live, does not claim an end, and is looked at once a poll", async () => {
    const log = new Followed();
    await log.append("log", "a\n");
    await log.start();
    await log.texts();
    const before = log.disk.operations;
    await log.clock.advance(1000);
    expect(log.disk.operations - before).toBeLessThanOrEqual(2 * 10);
    expect(fileSource("log", { follow: true }).traits.live).toBe(true);
    expect(log.reader!.progress!()).toEqual({ doneBytes: 2, totalBytes: undefined });
    expect(log.reader!.pending).toBe(false);
    await log.end();
  });

  it("is read to its end after a rotation, then its successor from the beginning", async () => {
    const log = new Followed();
    await log.append("log", "a\nb");
    await log.start();
    await log.texts();
    await log.disk.rename("log", "log.1");
    await log.append("log.1", "c\nd\n");
    expect(await log.texts()).toEqual(["a", "bc", "d"]);
    await log.append("log.1", "late\nrest");
    await log.append("log", "e\n");
    expect(await log.texts()).toEqual(["a", "bc", "d", "late", "rest", "e"]);
    expect(log.records.at(-1)!.place).toBe("log, byte 0");
    await log.append("log", "f\n");
    expect((await log.texts()).slice(-2)).toEqual(["e", "f"]);
    await log.end();
  });

  it("gives what a writer adds to the old file shortly after a rotation", async () => {
    const log = new Followed();
    await log.append("log", "a\n");
    await log.start();
    await log.texts();
    await log.disk.rename("log", "log.1");
    await log.append("log", "new\n");
    await log.clock.advance(100);
    await log.append("log.1", "old\n");
    expect(await log.texts()).toEqual(["a", "old", "new"]);
    await log.end();
  });

  it("is begun again when it was truncated, its last line taken as it was", async () => {
    const log = new Followed();
    await log.append("log", "aaa\nbbb");
    await log.start();
    await log.texts();
    await log.truncate("log");
    await log.append("log", "c\n");
    expect(await log.texts()).toEqual(["aaa", "bbb", "c"]);
    await log.end();
  });

  it("comes after the files before it, which are read to their end", async () => {
    const log = new Followed();
    await log.append("old", "a\nb");
    await log.append("log", "c\n");
    await log.start(["old", "log"]);
    expect(await log.texts()).toEqual(["a", "b", "c"]);
    await log.append("old", "\nnobody looks\n");
    await log.append("log", "d\n");
    expect(await log.texts()).toEqual(["a", "b", "c", "d"]);
    await log.end();
  });

  it("may not be packed", async () => {
    const log = new Followed();
    await log.append("log", "");
    const file = await log.disk.open("log", "rw");
    await file.write(gzipSync("a\n"), 0);
    await log.start();
    await expect(log.ended).rejects.toMatchObject({ code: "ML3001" });
  });
});

describe("a followed file, gone on with", () => {
  /** A first run that read two lines of "log", and where the second began. */
  async function firstRun(): Promise<{ log: Followed; resume: Position }> {
    const log = new Followed();
    await log.append("log", "a\nb\n");
    await log.start();
    await log.texts();
    await log.end();
    return { log, resume: log.records[1]!.resume };
  }

  it("goes on from the place", async () => {
    const { log, resume } = await firstRun();
    await log.append("log", "c\n");
    const again = new Followed(log.disk);
    await again.start("log", resume);
    expect(await again.texts()).toEqual(["b", "c"]);
    await again.end();
  });

  it("is found under its new name when it was rotated in between, and its successor read after it", async () => {
    const { log, resume } = await firstRun();
    await log.append("log", "c\n");
    await log.disk.rename("log", "log.1");
    await log.append("log", "d\n");
    const again = new Followed(log.disk);
    await again.start("log", resume);
    expect(await again.texts()).toEqual(["b", "c", "d"]);
    await again.end();
  });

  it("waits for the successor when there is none yet", async () => {
    const { log, resume } = await firstRun();
    await log.disk.rename("log", "log.1");
    const again = new Followed(log.disk);
    await again.start("log", resume);
    expect(await again.texts()).toEqual(["b"]);
    await log.append("log", "d\n");
    expect(await again.texts()).toEqual(["b", "d"]);
    await again.end();
  });

  it("is refused when it is gone for good, or another file has its place", async () => {
    const { log, resume } = await firstRun();
    await log.disk.remove("log");
    await expect(new Followed(log.disk).start("log", resume)).rejects.toMatchObject({ code: "ML3001" });
    await log.append("log", "something else\n");
    await expect(new Followed(log.disk).start("log", resume)).rejects.toMatchObject({ code: "ML3002" });
    await log.truncate("log");
    await expect(new Followed(log.disk).start("log", resume)).rejects.toMatchObject({ code: "ML3002" });
  });
});
