import { join } from "node:path";
import type { Disk, DiskFile } from "../core/disk.ts";
import { blockChecksum, blockHeaderBytes } from "./block.ts";
import { Corruption, isLost } from "./corruption.ts";
import { type SegmentRef, segmentHeader, segmentHeaderBytes, segmentNumber } from "./segment.ts";

const readBytes = 1024 * 1024;

/**
 * Reads a segment's committed bytes and hands on the payload of each block, in order, its checksum found right; a view,
 * valid during the call. Holds one block, and at least 1 MiB, in memory. Rejects with a {@link Corruption} at a block
 * that is not whole, or when the file is shorter than was committed.
 */
export async function readSegment(
  disk: Disk,
  folder: string,
  segment: SegmentRef,
  onPayload: (payload: Buffer, offset: number) => void,
): Promise<void> {
  try {
    const file = await disk.open(join(folder, segment.file), "r");
    try {
      await new Blocks(file, segment).read(onPayload);
    } finally {
      // What was read is there, whatever closing says.
      await file.close().catch(() => {});
    }
  } catch (error) {
    if (isLost(error)) throw new Corruption(segment.file, 0, (error as Error).message);
    throw error;
  }
}

class Blocks {
  readonly #file: DiskFile;
  readonly #segment: SegmentRef;
  #buffer: Buffer;
  /** The part of the buffer that was read and not yet handed on. */
  #start = 0;
  #end = 0;
  /** The place in the file of `#start`. */
  #offset = 0;

  constructor(file: DiskFile, segment: SegmentRef) {
    this.#file = file;
    this.#segment = segment;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, segment.bytes));
  }

  async read(onPayload: (payload: Buffer, offset: number) => void): Promise<void> {
    await this.#need(segmentHeaderBytes);
    const header = this.#buffer.subarray(0, segmentHeaderBytes);
    if (!header.equals(segmentHeader(segmentNumber(this.#segment.file)!))) {
      throw this.#corrupt("not the header of this segment");
    }
    this.#skip(segmentHeaderBytes);
    while (this.#offset < this.#segment.bytes) {
      await this.#need(blockHeaderBytes);
      const bytes = blockHeaderBytes + this.#buffer.readUInt32LE(this.#start);
      await this.#need(bytes);
      const end = this.#start + bytes;
      if (blockChecksum(this.#buffer, this.#start, end) !== this.#buffer.readUInt32LE(this.#start + 4)) {
        throw this.#corrupt("the checksum of the block does not match");
      }
      onPayload(this.#buffer.subarray(this.#start + blockHeaderBytes, end), this.#offset);
      this.#skip(bytes);
    }
  }

  #skip(bytes: number): void {
    this.#start += bytes;
    this.#offset += bytes;
  }

  /** Makes the next `bytes` bytes stand in the buffer. */
  async #need(bytes: number): Promise<void> {
    if (this.#end - this.#start >= bytes) return;
    if (this.#offset + bytes > this.#segment.bytes) throw this.#corrupt("the block runs past the committed length");
    const kept = this.#end - this.#start;
    const target = bytes > this.#buffer.length ? Buffer.allocUnsafeSlow(bytes) : this.#buffer;
    this.#buffer.copy(target, 0, this.#start, this.#end);
    this.#buffer = target;
    this.#start = 0;
    this.#end = kept;
    while (this.#end < bytes) await this.#fill();
  }

  async #fill(): Promise<void> {
    const committed = this.#segment.bytes - this.#offset;
    const into = this.#buffer.subarray(this.#end, Math.min(this.#buffer.length, committed));
    const read = await this.#file.read(into, this.#offset + this.#end);
    if (read === 0) throw this.#corrupt(`the file ends before the committed ${this.#segment.bytes} bytes`);
    this.#end += read;
  }

  #corrupt(reason: string): Corruption {
    return new Corruption(this.#segment.file, this.#offset, reason);
  }
}
