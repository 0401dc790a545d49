import { blockBytes } from "../../../codecs/block-memory.ts";

/** So many messages' memory there is: some are worked on, some wait, one comes. */
const slotCount = 8;
/** What a message has beside the records that were asked for. */
const aroundBytes = 64 * 1024;
const grainBytes = 64 * 1024;

/**
 * Memory for large messages, used again and again: megabytes made anew for each would be faults of pages for the system and
 * garbage that weighs on every collection. A decoder may scan the records where they lie. Longer messages than are expected,
 * and more of them at once, get memory of their own, which is collected as everything else is.
 */
export class MessageMemory {
  #memory: Buffer = Buffer.alloc(0);
  #slotBytes = 0;
  #free: number[] = [];
  /** By slot: how many parts of its message are still looked at; undefined until that is known. */
  readonly #parts = new Array<number | undefined>(slotCount);

  /** Messages with so many bytes of records will come. */
  expect(recordBytes: number): void {
    const slotBytes = Math.ceil((recordBytes + aroundBytes) / grainBytes) * grainBytes;
    if (slotBytes <= this.#slotBytes) return;
    this.#slotBytes = slotBytes;
    this.#memory = blockBytes(slotCount * slotBytes);
    this.#free = Array.from({ length: slotCount }, (_, slot) => slot);
  }

  /** Memory of at least so many bytes. Its contents are anything. */
  take(bytes: number): Buffer {
    const slot = bytes <= this.#slotBytes ? this.#free.pop() : undefined;
    if (slot === undefined) return Buffer.allocUnsafeSlow(bytes);
    this.#parts[slot] = undefined;
    return this.#memory.subarray(slot * this.#slotBytes, (slot + 1) * this.#slotBytes);
  }

  /** Says which parts of a message will be let go one by one. Empty ones need not be; those that lie elsewhere do not count. */
  divide(parts: readonly Buffer[]): void {
    for (const [slot, inIt] of Map.groupBy(parts, (part) => this.#slotOf(part))) {
      if (slot === undefined) continue;
      const count = inIt.filter(({ length }) => length > 0).length;
      this.#parts[slot] = count === 0 ? undefined : count;
      if (count === 0) this.#free.push(slot);
    }
  }

  /** A part is looked at no more: with the last one, its memory may be used again. */
  release(part: Buffer): void {
    const slot = this.#slotOf(part);
    const left = slot === undefined ? undefined : this.#parts[slot];
    if (left === undefined || part.length === 0) return;
    this.#parts[slot!] = left === 1 ? undefined : left - 1;
    if (left === 1) this.#free.push(slot!);
  }

  #slotOf(part: Buffer): number | undefined {
    if (part.buffer !== this.#memory.buffer) return undefined;
    return Math.floor((part.byteOffset - this.#memory.byteOffset) / this.#slotBytes);
  }
}
