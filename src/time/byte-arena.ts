const chunkBytes = 64 * 1024;

/** Memory that many runs of bytes share. */
interface Chunk {
  readonly bytes: Uint8Array;
  used: number;
  /** How many runs in it are not yet removed. */
  live: number;
}

/**
 * Runs of bytes one after another in chunks of 64 KiB, each found again by its address: for many small ones that stay for a while
 * and leave about in the order in which they came, without an object each. A chunk is used again, or let go, when the last of its runs has left;
 * so memory is what is in it, but for chunks that a straggler keeps. What is larger than a chunk has one of its own.
 */
export class ByteArena {
  #chunks: (Chunk | undefined)[] = [];
  #unused: number[] = [];
  #tail = -1;
  #spare: Uint8Array | undefined;
  #bytes = 0;

  /** Bytes of memory that it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a copy; returns its address. */
  add(bytes: Uint8Array): number {
    const index = bytes.length > chunkBytes ? this.#make(new Uint8Array(bytes.length)) : this.#withRoom(bytes.length);
    const chunk = this.#chunks[index]!;
    const at = chunk.used;
    chunk.bytes.set(bytes, at);
    chunk.used += bytes.length;
    chunk.live += 1;
    return index * chunkBytes + at;
  }

  /** The bytes at an address: a view, valid until they are removed. */
  view(address: number, length: number): Uint8Array {
    const at = address % chunkBytes;
    return this.#chunks[(address - at) / chunkBytes]!.bytes.subarray(at, at + length);
  }

  /** Lets the bytes at an address go. */
  remove(address: number): void {
    const index = Math.floor(address / chunkBytes);
    const chunk = this.#chunks[index]!;
    chunk.live -= 1;
    if (chunk.live > 0) return;
    if (index === this.#tail) chunk.used = 0;
    else this.#release(index);
  }

  /** The chunk that is written to, or the next when there is no room. */
  #withRoom(length: number): number {
    const before = this.#chunks[this.#tail];
    // A run of no bytes at the very end would have the next chunk's address.
    if (before !== undefined && chunkBytes - before.used >= Math.max(length, 1)) return this.#tail;
    const bytes = this.#spare ?? new Uint8Array(chunkBytes);
    if (bytes === this.#spare) this.#bytes -= chunkBytes;
    this.#spare = undefined;
    this.#tail = this.#make(bytes);
    return this.#tail;
  }

  #make(bytes: Uint8Array): number {
    const index = this.#unused.pop() ?? this.#chunks.length;
    this.#chunks[index] = { bytes, used: 0, live: 0 };
    this.#bytes += bytes.length;
    return index;
  }

  #release(index: number): void {
    const { bytes } = this.#chunks[index]!;
    this.#chunks[index] = undefined;
    this.#unused.push(index);
    if (this.#spare === undefined && bytes.length === chunkBytes) this.#spare = bytes;
    else this.#bytes -= bytes.length;
  }
}
