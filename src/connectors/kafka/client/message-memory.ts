/** So many messages' memory may lie ready: one is worked on, one waits, one comes, and one to spare. */
const readyMax = 4;
const grainBytes = 64 * 1024;

/** How many parts of a message are still looked at; undefined until that is known. */
interface Held {
  readonly memory: Buffer;
  parts: number | undefined;
}

/**
 * Memory for large messages, used again and again: megabytes made anew for each would be faults of pages for the system and
 * garbage that weighs on every collection. What is never let go is collected as everything else is.
 */
export class MessageMemory {
  readonly #ready: Buffer[] = [];
  readonly #held = new WeakMap<ArrayBufferLike, Held>();

  /** Memory of at least so many bytes. Its contents are anything. */
  take(bytes: number): Buffer {
    const at = this.#ready.findIndex(({ length }) => length >= bytes);
    const memory =
      at < 0 ? Buffer.allocUnsafeSlow(Math.ceil(bytes / grainBytes) * grainBytes) : this.#ready.splice(at, 1)[0]!;
    this.#held.set(memory.buffer, { memory, parts: undefined });
    return memory;
  }

  /** Says which parts of a message will be let go one by one; those that lie elsewhere, or are empty, do not count. */
  divide(parts: readonly Buffer[]): void {
    for (const [buffer, inIt] of Map.groupBy(parts, (part) => part.buffer)) {
      const held = this.#held.get(buffer);
      if (held !== undefined) held.parts = inIt.filter(({ length }) => length > 0).length;
    }
  }

  /** A part is looked at no more: with the last one, its memory may be used again. */
  release(part: Buffer): void {
    const held = this.#held.get(part.buffer);
    if (held?.parts === undefined || part.length === 0) return;
    held.parts -= 1;
    if (held.parts > 0) return;
    this.#held.delete(part.buffer);
    if (this.#ready.length === readyMax) this.#ready.shift();
    this.#ready.push(held.memory);
  }
}
