import type { Framing } from "../../codecs/framing.ts";

/** Below this a write waits for company, unless somebody waits for it. */
const writeBytesMin = 64 * 1024;

/** From this length on it pays to ask how many bytes a text has, rather than to make room for the most it can have. */
const measuredTextMin = 4096;

interface Waiter {
  readonly offset: number;
  resolve(): void;
  reject(cause: unknown): void;
}

/**
 * Records on their way out: one buffer takes new ones while another is written. Counts bytes, so that a cut through the
 * output is a number. After a failed write nothing is written any more; all who wait, or will, are told.
 *
 * Cost: about 40 ns for a short text. Memory: what is pending, twice, and no more than its bound and one record.
 */
export class OutputBuffer {
  /** Bytes taken, and of these, bytes written. */
  accepted = 0;
  written = 0;
  failure: unknown;
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #framing: Framing;
  readonly #tail: Uint8Array;
  readonly #pendingBytesMax: number;
  #filling: Buffer = Buffer.allocUnsafeSlow(writeBytesMin);
  #length = 0;
  #spare: Buffer = Buffer.allocUnsafeSlow(writeBytesMin);
  #running = false;
  /** Settles, never rejects, when the writing that runs, or ran last, is over. */
  #run: Promise<void> = Promise.resolve();
  #wanted = 0;
  #waiters: Waiter[] = [];

  /** `write` is not called again before its promise has settled, and not after it has rejected. */
  constructor(framing: Framing, pendingBytesMax: number, write: (bytes: Uint8Array) => Promise<void>) {
    this.#framing = framing;
    this.#tail = Buffer.from(framing.tail ?? "");
    this.#pendingBytesMax = pendingBytesMax;
    this.#write = write;
  }

  /** True also after a failure, so that it is asked about. */
  get full(): boolean {
    return this.failure !== undefined || this.accepted - this.written >= this.#pendingBytesMax;
  }

  /** Takes one record, with what its framing puts around it. */
  add(record: string | Uint8Array): void {
    const { headBytes } = this.#framing;
    const tail = this.#tail;
    const start = this.#length;
    this.#reserve(headBytes + bytesMaxOf(record) + tail.length);
    const content = start + headBytes;
    let end = content;
    if (typeof record === "string") end += this.#filling.write(record, content);
    else {
      this.#filling.set(record, content);
      end += record.length;
    }
    this.#framing.writeHead?.(this.#filling, start, end - content);
    for (let at = 0; at < tail.length; at++) this.#filling[end++] = tail[at]!;
    this.#length = end;
    this.accepted += end - start;
    if (end >= writeBytesMin) this.#start();
  }

  /** Starts to write what waits for company. */
  flush(): void {
    this.#wanted = this.accepted;
    this.#start();
  }

  /** Resolves when half of the bound is free; rejects with what a write failed of. */
  drain(): Promise<void> {
    this.flush();
    return this.#reached(this.accepted - Math.floor(this.#pendingBytesMax / 2));
  }

  /** Resolves when all taken before the call is written; rejects with what a write failed of. */
  writeOut(): Promise<void> {
    this.flush();
    return this.#reached(this.accepted);
  }

  /** Writes nothing more; resolves when no write is under way. */
  async abandon(): Promise<void> {
    this.#length = 0;
    await this.#run;
  }

  #reached(offset: number): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.written >= offset) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ offset, resolve, reject }));
  }

  #start(): void {
    if (this.#running || this.failure !== undefined || this.#length === 0) return;
    this.#running = true;
    this.#run = this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#length >= writeBytesMin || (this.#length > 0 && this.#wanted > this.written)) {
        const bytes = this.#swap();
        await this.#write(bytes);
        this.written += bytes.length;
        const there = this.#waiters.filter((waiter) => waiter.offset <= this.written);
        this.#waiters = this.#waiters.filter((waiter) => waiter.offset > this.written);
        for (const waiter of there) waiter.resolve();
      }
    } catch (cause) {
      this.failure = cause;
      for (const waiter of this.#waiters.splice(0)) waiter.reject(cause);
    } finally {
      // Here and not when the promise settles: whoever was woken above may ask for more before that.
      this.#running = false;
    }
  }

  /** What is to be written: no `Buffer`, so that whoever takes a copy by `slice` gets one. */
  #swap(): Uint8Array {
    const memory = this.#filling.buffer;
    const bytes = new Uint8Array(memory, 0, this.#length);
    this.#filling = this.#spare;
    // One huge record must not keep its memory for ever.
    const huge = memory.byteLength > 4 * this.#pendingBytesMax + writeBytesMin;
    this.#spare = huge ? Buffer.allocUnsafeSlow(writeBytesMin) : Buffer.from(memory);
    this.#length = 0;
    return bytes;
  }

  #reserve(bytes: number): void {
    const length = this.#length + bytes;
    if (length <= this.#filling.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#filling.length));
    this.#filling.copy(larger, 0, 0, this.#length);
    this.#filling = larger;
  }
}

function bytesMaxOf(record: string | Uint8Array): number {
  if (typeof record !== "string") return record.length;
  return record.length < measuredTextMin ? 3 * record.length : Buffer.byteLength(record);
}
