import type { Writable } from "node:stream";
import { MillraceError, reasonOf } from "../../core/errors.ts";
import type { RecordInfo } from "../../core/operator.ts";
import type { SinkWriter } from "../../core/sink.ts";
import { OutputBuffer } from "./output-buffer.ts";
import type { WriteSettings } from "./sink-encoder.ts";

/** The settings of one stream sink. */
export interface StreamWriterSettings<T> extends WriteSettings<T> {
  readonly name: string;
  readonly end: boolean;
}

/** Writes one stream, a block at a time, the next when the one before was taken. */
export class StreamWriter<T> implements SinkWriter<T> {
  readonly #stream: Writable;
  readonly #settings: StreamWriterSettings<T>;
  readonly #output: OutputBuffer;
  #told = false;
  #broken: Error | undefined;
  /** Without a listener a stream's failure would end the process. */
  readonly #onError = (cause: Error) => {
    this.#broken = cause;
  };

  constructor(stream: Writable, settings: StreamWriterSettings<T>) {
    this.#stream = stream;
    this.#settings = settings;
    this.#output = new OutputBuffer(settings.framing, settings.pendingBytesMax, (bytes) => this.#send(bytes));
    stream.on("error", this.#onError);
  }

  get full(): boolean {
    return this.#output.full;
  }

  write(value: T, record: RecordInfo): void {
    this.#output.add(this.#settings.encode(value, record));
  }

  flush(): void {
    this.#output.flush();
  }

  drain(): Promise<void> {
    return this.#reporting(() => this.#output.drain());
  }

  async prepare(): Promise<null> {
    await this.#reporting(() => this.#output.writeOut());
    return null;
  }

  async close(): Promise<void> {
    try {
      if (this.#told) return;
      await this.#reporting(() => this.#output.writeOut());
      if (this.#settings.end) await this.#reporting(() => this.#end());
    } finally {
      // A stream that has failed may say so once more, later.
      if (this.#broken === undefined && this.#output.failure === undefined) this.#stream.off("error", this.#onError);
    }
  }

  #send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) reject(this.#broken);
      else this.#stream.write(bytes, (error) => (error ? reject(readerGone(error)) : resolve()));
    });
  }

  #end(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.once("error", reject);
      this.#stream.end(() => resolve());
    });
  }

  async #reporting<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (cause) {
      this.#told = true;
      const { name } = this.#settings;
      const gone = (cause as NodeJS.ErrnoException).code === "EPIPE";
      const message = gone ? `nobody reads ${name} any more` : `${name} cannot be written: ${reasonOf(cause)}`;
      throw new MillraceError("ML4001", { message, cause });
    }
  }
}

/** A stream destroyed before we wrote has lost its reader too; it only says so with another code than a write that finds out. */
function readerGone(error: NodeJS.ErrnoException): Error {
  if (error.code !== "ERR_STREAM_DESTROYED") return error;
  return Object.assign(new Error("the stream is destroyed", { cause: error }), { code: "EPIPE" });
}
