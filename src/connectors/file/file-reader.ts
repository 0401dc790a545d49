import { CutBatch } from "../../codecs/cut-batch.ts";
import { RecordCutter } from "../../codecs/record-cutter.ts";
import { sleep } from "../../core/clock.ts";
import { MillraceError } from "../../core/errors.ts";
import type { Batch, Partition, Slice } from "../../core/records.ts";
import type { SourceContext, SourceProgress, SourceReader } from "../../core/source.ts";
import { BlockRing } from "./block-ring.ts";
import { type FilePosition, filePositionOf } from "./file-position.ts";
import { changeOf } from "./followed-file.ts";
import { findRotated, OpenedFile, unreadable } from "./opened-file.ts";
import type { ReadSettings } from "./read-settings.ts";

/** The settings of one file source. */
export interface FileReaderSettings extends ReadSettings {
  readonly paths: readonly string[];
  /** Whether the last file is followed. */
  readonly follow: boolean;
  readonly pollMs: number;
}

const partition: Partition = { name: "files" };

/** Reads files in order, block by block, and hands on the records found in each. */
export class FileReader implements SourceReader<Slice> {
  readonly #context: SourceContext;
  readonly #settings: FileReaderSettings;
  readonly #cutter: RecordCutter;
  readonly #ring: BlockRing;
  /** By file; empty when followed. */
  readonly #sizes: readonly number[];
  #file: OpenedFile | undefined;
  /** The file that what the cutter still holds comes from: the same, or the one closed last. */
  #lastFile: OpenedFile | undefined;
  #next = 0;
  /** Under `follow`: the file at hand has lost its name, and the next time it has nothing more, its successor is read. */
  #rotated = false;

  private constructor(context: SourceContext, settings: FileReaderSettings, sizes: readonly number[]) {
    this.#context = context;
    this.#settings = settings;
    this.#sizes = sizes;
    this.#cutter = new RecordCutter(settings.framing, settings);
    this.#ring = new BlockRing(settings.readBytes, true);
  }

  static async open(context: SourceContext, settings: FileReaderSettings): Promise<FileReader> {
    const sizes = settings.follow ? [] : await sizesOf(context, settings.paths);
    const reader = new FileReader(context, settings, sizes);
    const stored = context.resume.get(partition.name);
    if (stored !== undefined) await reader.#resume(filePositionOf(stored));
    else if (!settings.follow) await reader.#openNext();
    return reader;
  }

  get pending(): boolean {
    return this.#cutter.pending || this.#ring.ready;
  }

  async read(): Promise<Batch<Slice> | "end"> {
    do {
      const cut = this.#cutter.next();
      if (cut !== undefined) return new CutBatch(partition, cut, this.#settings.framing.headBytes, this.#lastFile!);
    } while (!this.#context.signal.aborted && (await this.#more()));
    return "end";
  }

  progress(): SourceProgress {
    const before = this.#sizes.slice(0, this.#lastFile?.index ?? 0).reduce((sum, size) => sum + size, 0);
    const doneBytes = before + (this.#lastFile?.input.takenBytes ?? 0);
    if (this.#settings.follow) return { doneBytes, totalBytes: undefined };
    const totalBytes = this.#sizes.reduce((sum, size) => sum + size, 0);
    return { doneBytes, totalBytes: Math.max(doneBytes, totalBytes) };
  }

  async close(): Promise<void> {
    await this.#closeFile();
  }

  /** Feeds the cutter with what comes next; false when nothing comes any more. */
  async #more(): Promise<boolean> {
    const file = this.#file;
    if (file === undefined) return this.#openNext();
    const { buffer, end } = await this.#block(file);
    if (end > this.#ring.from) {
      this.#cutter.feed(buffer, this.#ring.from, end);
      if (this.#follows(file)) await file.grown();
      return true;
    }
    return this.#follows(file) ? this.#wait(file) : this.#finish();
  }

  async #block(file: OpenedFile) {
    try {
      return await this.#ring.next();
    } catch (cause) {
      throw unreadable(file.name, cause, this.#cutter.offset);
    }
  }

  #follows(file: OpenedFile): boolean {
    return this.#settings.follow && file.index === this.#settings.paths.length - 1;
  }

  /** At the end, for now, of a followed file: waits a moment, or leaves it for the one that took its name. */
  async #wait(file: OpenedFile): Promise<boolean> {
    const { clock, disk, signal, meter } = this.#context;
    const change = this.#rotated ? "left" : await changeOf(disk, this.#settings.paths[file.index]!, file);
    if (change === "truncated" || change === "left") {
      meter.counter("files begun again", change === "left" ? "rotated" : "truncated").value++;
      this.#next = file.index;
      return this.#finish();
    }
    // Whoever writes may go on with the old file for a moment after it lost its name.
    this.#rotated = change === "rotated";
    await sleep(clock, this.#settings.pollMs, signal);
    return true;
  }

  /** Ends the file at hand: what is left of it is its last record. */
  async #finish(): Promise<true> {
    this.#cutter.finish();
    await this.#closeFile();
    return true;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#rotated = false;
    await this.#ring.settled();
    await file?.close();
  }

  async #openNext(): Promise<boolean> {
    const { paths, follow, pollMs } = this.#settings;
    const { clock, disk, signal } = this.#context;
    const index = this.#next;
    const path = paths[index];
    if (path === undefined) return false;
    if (follow && (await disk.stat(path)) === undefined) {
      await sleep(clock, pollMs, signal);
      return true;
    }
    await this.#begin(await OpenedFile.open(disk, path, index), 0);
    return true;
  }

  async #resume(position: FilePosition): Promise<void> {
    const { disk } = this.#context;
    const path = this.#settings.paths[position.file];
    if (path === undefined) {
      const message = `the state is in the middle of input ${position.file + 1}, ${position.name}, which is not given`;
      throw new MillraceError("ML3002", { message });
    }
    this.#next = position.file;
    const now = await disk.stat(path);
    const moved = this.#settings.follow && now?.identity !== position.identity;
    const old = moved ? await findRotated(disk, path, position.identity) : undefined;
    const file = await OpenedFile.open(disk, old ?? path, position.file);
    await file.seek(position);
    await this.#begin(file, position.offset);
  }

  async #begin(file: OpenedFile, offset: number): Promise<void> {
    if (this.#follows(file) && file.compression !== undefined) {
      await file.close();
      const message = `${file.name} is packed (${file.compression}) and cannot be followed`;
      throw new MillraceError("ML3001", { message });
    }
    this.#file = this.#lastFile = file;
    this.#next = file.index + 1;
    this.#cutter.reset(offset);
    this.#ring.use(file.input);
  }
}

async function sizesOf(context: SourceContext, paths: readonly string[]): Promise<number[]> {
  const sizes: number[] = [];
  for (const path of paths) {
    const found = await context.disk.stat(path);
    if (found === undefined) throw new MillraceError("ML3001", { message: `there is no file ${path}` });
    sizes.push(found.size);
  }
  return sizes;
}
