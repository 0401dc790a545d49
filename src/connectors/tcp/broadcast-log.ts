const chunkBytes = 64 * 1024;

/**
 * Broadcast records that lie one after another, whole. A chunk knows the next one and nobody knows the one before, so it
 * is let go when the last client that has to be sent something of it has moved on.
 */
export class LogChunk {
  /** The first record's number, counted from the log's beginning. */
  readonly firstRecord: number;
  /** The first byte's place in the log. */
  readonly base: number;
  readonly bytes: Buffer;
  length = 0;
  /** Where each record ends. */
  readonly ends: number[] = [];
  next: LogChunk | undefined;
  #view: Buffer | undefined;
  #viewFrom = 0;

  constructor(firstRecord: number, base: number, size: number) {
    this.firstRecord = firstRecord;
    this.base = base;
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Where record `index` of the chunk begins. */
  startOf(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!;
  }

  /** The bytes from `from` to `end`: never overwritten, and one object for all clients that are as far as one another. */
  view(from: number, end: number): Buffer {
    if (this.#view === undefined || this.#viewFrom !== from || this.#view.length !== end - from) {
      this.#view = this.bytes.subarray(from, end);
      this.#viewFrom = from;
    }
    return this.#view;
  }
}

/** What every client gets, kept once for all of them. Memory: what the client furthest behind has still to be sent. */
export class BroadcastLog {
  /** The chunk that is written to. */
  tail = new LogChunk(0, 0, chunkBytes);
  /** Bytes appended so far. */
  end = 0;
  /** Records appended so far. */
  records = 0;

  append(record: Uint8Array): void {
    let chunk = this.tail;
    if (record.length > chunk.bytes.length - chunk.length) chunk = this.#begin(record.length);
    copyBytes(record, chunk.bytes, chunk.length);
    chunk.length += record.length;
    chunk.ends.push(chunk.length);
    this.end += record.length;
    this.records += 1;
  }

  #begin(bytesMin: number): LogChunk {
    const chunk = new LogChunk(this.records, this.end, Math.max(bytesMin, chunkBytes));
    this.tail.next = chunk;
    this.tail = chunk;
    return chunk;
  }
}

/** Below this a loop is faster than a call into the runtime. */
const nativeCopyMin = 48;

/** Copies all of `from` to `at` of `to`, which has the room. */
export function copyBytes(from: Uint8Array, to: Uint8Array, at: number): void {
  if (from.length >= nativeCopyMin) to.set(from, at);
  else for (let index = 0; index < from.length; index++) to[at + index] = from[index]!;
}
