import type { DiskFile } from "../../core/disk.ts";

/** Bytes in order. Not to be read again before the read before has settled. */
export interface ByteInput {
  /** Puts some bytes at the beginning of `into`; resolves to how many, 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Bytes taken so far of what it reads: compressed ones, where it decompresses. */
  readonly takenBytes: number;
  /** Lets go of its own memory and threads, not of what it reads from. No read may be under way. */
  close(): Promise<void>;
}

/** A file as it is, from `position` on. At its end a read gives 0, and more once the file has grown. */
export class FileInput implements ByteInput {
  position: number;
  readonly #file: DiskFile;

  constructor(file: DiskFile, position: number) {
    this.#file = file;
    this.position = position;
  }

  get takenBytes(): number {
    return this.position;
  }

  async read(into: Uint8Array): Promise<number> {
    const count = await this.#file.read(into, this.position);
    this.position += count;
    return count;
  }

  async close(): Promise<void> {}
}

/** What an iterator yields, as bytes in order. `taken` is counted on the iterator's side. */
export class PieceInput implements ByteInput {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #taken: { readonly bytes: number };
  #piece = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>, taken: { readonly bytes: number }) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#taken = taken;
  }

  get takenBytes(): number {
    return this.#taken.bytes;
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return 0;
      this.#piece = next.value as Uint8Array<ArrayBuffer>;
    }
    const count = Math.min(into.length, this.#piece.length);
    into.set(this.#piece.subarray(0, count));
    this.#piece = this.#piece.subarray(count);
    return count;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/** Reads until `into` is full or the input ends; resolves to the bytes read. */
export async function readFully(input: ByteInput, into: Uint8Array): Promise<number> {
  let length = 0;
  while (length < into.length) {
    const count = await input.read(into.subarray(length));
    if (count === 0) break;
    length += count;
  }
  return length;
}

/** Reads `bytes` bytes away; resolves to how many there were. */
export async function discard(input: ByteInput, bytes: number): Promise<number> {
  const into = new Uint8Array(Math.min(bytes, 64 * 1024));
  let gone = 0;
  while (gone < bytes) {
    const count = await input.read(into.subarray(0, Math.min(into.length, bytes - gone)));
    if (count === 0) break;
    gone += count;
  }
  return gone;
}
