import type { Readable } from "node:stream";
import { CutBatch, type Origin } from "../../codecs/cut-batch.ts";
import { RecordCutter } from "../../codecs/record-cutter.ts";
import type { Batch, Partition, Slice } from "../../core/records.ts";
import type { SourceContext, SourceProgress, SourceReader } from "../../core/source.ts";
import { BlockRing } from "./block-ring.ts";
import { type ByteInput, PieceInput } from "./byte-input.ts";
import { compressionOf, decompressed, magicBytes } from "./compression.ts";
import { unreadable } from "./opened-file.ts";
import type { ReadSettings } from "./read-settings.ts";

const partition: Partition = { name: "stream" };

/** Reads a stream, a block whenever it has some bytes, and hands on the records found in it. */
export class StreamReader implements SourceReader<Slice> {
  readonly #readable: Readable;
  readonly #signal: AbortSignal;
  readonly #settings: ReadSettings;
  readonly #cutter: RecordCutter;
  readonly #ring: BlockRing;
  readonly #input: ByteInput;
  readonly #origin: Origin;
  #ended = false;

  constructor(readable: Readable, name: string, context: SourceContext, settings: ReadSettings) {
    const taken = { bytes: 0 };
    this.#readable = readable;
    this.#signal = context.signal;
    this.#settings = settings;
    this.#cutter = new RecordCutter(settings.framing, settings);
    this.#ring = new BlockRing(settings.readBytes, false);
    this.#input = new PieceInput(unpacked(piecesOf(readable, taken)), taken);
    this.#ring.use(this.#input);
    this.#origin = { name, position: (offset) => ({ offset }) };
  }

  get pending(): boolean {
    return this.#cutter.pending;
  }

  async read(): Promise<Batch<Slice> | "end"> {
    for (;;) {
      const cut = this.#cutter.next();
      if (cut !== undefined) return new CutBatch(partition, cut, this.#settings.framing.headBytes, this.#origin);
      if (this.#ended || !(await this.#more())) return "end";
    }
  }

  progress(): SourceProgress {
    return { doneBytes: this.#input.takenBytes, totalBytes: undefined };
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#readable.destroy();
    await this.#input.close();
  }

  /** Feeds the cutter with what comes next; false when the pipeline wants no more. */
  async #more(): Promise<boolean> {
    const block = await this.#blockOrAbort();
    if (block === undefined) return false;
    if (block.end > this.#ring.from) {
      this.#cutter.feed(block.buffer, this.#ring.from, block.end);
      return true;
    }
    this.#ended = true;
    this.#cutter.finish();
    return true;
  }

  /** The next block, or undefined as soon as the signal aborts: the read under way is then left to `close`. */
  #blockOrAbort(): Promise<{ buffer: Buffer; end: number } | undefined> {
    const signal = this.#signal;
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const abort = () => resolve(undefined);
      signal.addEventListener("abort", abort, { once: true });
      const settle = () => signal.removeEventListener("abort", abort);
      this.#ring.next().then(
        (block) => {
          settle();
          resolve(block);
        },
        (cause: unknown) => {
          settle();
          reject(unreadable(this.#origin.name, cause, this.#cutter.offset));
        },
      );
    });
  }
}

async function* piecesOf(readable: Readable, taken: { bytes: number }): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of readable as AsyncIterable<Buffer | string>) {
    const piece = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    taken.bytes += piece.length;
    yield piece;
  }
}

/** The pieces, unpacked when their first bytes say that they are packed. */
async function* unpacked(pieces: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer, void, void> {
  let first = Buffer.alloc(0);
  for (let kind = compressionOf(first); kind === "unsure" && first.length < magicBytes; kind = compressionOf(first)) {
    const next = await pieces.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  const kind = compressionOf(first);
  const all = startingWith(first, pieces);
  if (kind === "gzip" || kind === "zstd") yield* decompressed(kind, all);
  else yield* all;
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  if (first.length > 0) yield first;
  yield* rest;
}
