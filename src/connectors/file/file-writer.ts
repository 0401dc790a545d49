import { dirname } from "node:path";
import type { DiskFile } from "../../core/disk.ts";
import { MillraceError, reasonOf } from "../../core/errors.ts";
import type { RecordInfo } from "../../core/operator.ts";
import type { SinkContext, SinkWriter } from "../../core/sink.ts";
import { FileInput, readFully } from "./byte-input.ts";
import { beginsWith, type Fingerprint, fingerprint, tailBytesMax } from "./fingerprint.ts";
import { OutputBuffer } from "./output-buffer.ts";
import type { WriteSettings } from "./sink-encoder.ts";

/** The settings of one file sink. */
export interface FileWriterSettings<T> extends WriteSettings<T> {
  readonly path: string;
  readonly append: boolean;
}

/** How the file stood at a checkpoint. JSON data. */
export interface FileCut {
  readonly path: string;
  readonly length: number;
  /** Of the bytes right before `length`, to know the file again. */
  readonly tail: Fingerprint;
}

/** Writes one file. */
export class FileWriter<T> implements SinkWriter<T> {
  readonly #context: SinkContext;
  readonly #settings: FileWriterSettings<T>;
  readonly #file: DiskFile;
  readonly #startLength: number;
  readonly #output: OutputBuffer;
  #synced: FileCut | undefined;
  /** Once set it stays: after a failed sync a later one may succeed without having saved anything. */
  #failure: MillraceError | undefined;

  private constructor(context: SinkContext, settings: FileWriterSettings<T>, file: DiskFile, length: number) {
    this.#context = context;
    this.#settings = settings;
    this.#file = file;
    this.#startLength = length;
    this.#output = new OutputBuffer(settings.framing, settings.pendingBytesMax, (bytes) =>
      file.write(bytes, length + this.#output.written),
    );
  }

  static async open<T>(context: SinkContext, settings: FileWriterSettings<T>): Promise<FileWriter<T>> {
    const { path, append } = settings;
    let file: DiskFile | undefined;
    try {
      const cut = context.resume === undefined ? undefined : await checkThere(context, path);
      file = await context.disk.open(path, "rw");
      const length = cut === undefined ? await begin(file, append) : await goOn(file, path, cut);
      return new FileWriter(context, settings, file, length);
    } catch (cause) {
      await file?.close().catch(() => undefined);
      throw unwritable(path, cause);
    }
  }

  get full(): boolean {
    return this.#failure !== undefined || this.#output.full;
  }

  write(value: T, record: RecordInfo): void {
    this.#output.add(this.#settings.encode(value, record));
  }

  flush(): void {
    this.#output.flush();
  }

  drain(): Promise<void> {
    return this.#guarded(() => this.#output.drain());
  }

  prepare(): Promise<FileCut> {
    return this.#guarded(() => this.#prepare());
  }

  async close(): Promise<void> {
    try {
      if (this.#context.checkpointed || this.#failure !== undefined) await this.#output.abandon();
      else await this.#guarded(() => this.#prepare());
    } finally {
      await this.#output.abandon();
      await this.#file.close().catch((cause: unknown) => {
        throw unwritable(this.#settings.path, cause);
      });
    }
  }

  async #prepare(): Promise<FileCut> {
    const length = this.#startLength + this.#output.accepted;
    await this.#output.writeOut();
    if (this.#synced?.length === length) return this.#synced;
    await syncIfItCan(this.#file);
    const { path } = this.#settings;
    if (this.#synced === undefined) await this.#context.disk.syncFolder(dirname(path));
    this.#synced = { path, length, tail: await tailOf(this.#file, length) };
    return this.#synced;
  }

  async #guarded<R>(work: () => Promise<R>): Promise<R> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await work();
    } catch (cause) {
      this.#failure = unwritable(this.#settings.path, cause);
      throw this.#failure;
    }
  }
}

async function begin(file: DiskFile, append: boolean): Promise<number> {
  const { size } = await file.stat();
  if (append) return size;
  // What is empty is left alone: a device such as /dev/null cannot be truncated.
  if (size > 0) await file.truncate(0);
  return 0;
}

async function goOn(file: DiskFile, path: string, cut: FileCut): Promise<number> {
  const { size } = await file.stat();
  const was = `at the last checkpoint it had ${cut.length}`;
  if (size < cut.length) throw new MillraceError("ML4002", { message: `${path} has ${size} bytes; ${was}` });
  const tail = await readBefore(file, cut.length, cut.tail[0]);
  if (!beginsWith(tail, cut.tail)) {
    throw new MillraceError("ML4002", { message: `${path} does not hold what was written to ${cut.path}` });
  }
  if (size > cut.length) await file.truncate(cut.length);
  return cut.length;
}

/** The cut to go on from, once it is sure that opening does not make a new file. */
async function checkThere(context: SinkContext, path: string): Promise<FileCut> {
  const cut = context.resume as FileCut | null;
  if (!Number.isSafeInteger(cut?.length) || !Array.isArray(cut?.tail) || cut.tail[0] > cut.length) {
    throw new MillraceError("ML4002", { message: `the state holds no length of ${path}: ${JSON.stringify(cut)}` });
  }
  if ((await context.disk.stat(path)) !== undefined) return cut;
  throw new MillraceError("ML4002", { message: `${path} is gone; at the last checkpoint it had ${cut.length} bytes` });
}

async function tailOf(file: DiskFile, length: number): Promise<Fingerprint> {
  return fingerprint(await readBefore(file, length, Math.min(length, tailBytesMax)));
}

async function readBefore(file: DiskFile, end: number, bytes: number): Promise<Uint8Array> {
  const into = new Uint8Array(bytes);
  return into.subarray(0, await readFully(new FileInput(file, end - bytes), into));
}

/** Devices and pipes have nothing to sync, and say so. */
async function syncIfItCan(file: DiskFile): Promise<void> {
  await file.sync().catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EINVAL") throw cause;
  });
}

function unwritable(path: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  return new MillraceError("ML4001", { message: `${path} cannot be written: ${reasonOf(cause)}`, cause });
}
