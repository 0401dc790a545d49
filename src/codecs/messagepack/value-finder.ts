import { contentBytes, lengthAt, lengthBytes, NEVER_USED, valuesPerEntry } from "./formats.ts";

/** How many arrays and maps may lie in one another. */
export const nestingMax = 512;

const noBytes = new Uint8Array(0);

/** Is told of every scalar: its first byte, and where its content lies, extension type included. */
export type ScalarSeen = (first: number, bytes: Uint8Array, start: number, end: number) => void;

/**
 * Finds where MessagePack values end, one after another, in bytes that may come in pieces cut anywhere. It keeps how many
 * values are still to come in each array or map under way, and nothing of what it saw: a length of 4 GB reserves no memory,
 * and no byte is looked at twice.
 */
export class ValueFinder {
  /**
   * Whether the value that `find` last gave ended where it should not: at the byte 0xc1, which begins no value, or at a
   * container deeper than {@link nestingMax}. What follows is taken as a new value, though it may well have been part of
   * this one: MessagePack has no mark from which to find the way back.
   */
  damaged = false;
  readonly #seen: ScalarSeen | undefined;
  /** Bytes of a scalar's content that did not come yet. */
  #content = 0;
  #first = 0;
  /** Values still to come: in the innermost container, and in those around it, outermost first. */
  #values = 1;
  #depth = 0;
  readonly #outer = new Float64Array(nestingMax);
  /** The beginning of a first byte with length that was cut in two. */
  readonly #head = new Uint8Array(5);
  #headBytes = 0;

  /** `seen` is right only about values that lie in one piece. */
  constructor(seen?: ScalarSeen) {
    this.#seen = seen;
  }

  /** Where the value ends that began at `from`, or before it in an earlier piece; -1 when `end` comes first. */
  find(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    this.damaged = false;
    for (;;) {
      const left = end - at;
      if (this.#content > left) {
        this.#content -= left;
        return -1;
      }
      if (this.#content > 0) this.#seen?.(this.#first, bytes, at, at + this.#content);
      at += this.#content;
      this.#content = 0;
      while (this.#values === 0) {
        if (this.#depth === 0) {
          this.#values = 1;
          return at;
        }
        this.#values = this.#outer[--this.#depth]!;
      }
      if (at === end) return -1;
      at = this.#begin(bytes, at, end);
      if (this.damaged) {
        this.reset();
        this.damaged = true;
        return at;
      }
    }
  }

  /** Forgets the value under way. */
  reset(): void {
    this.damaged = false;
    this.#content = this.#depth = this.#headBytes = 0;
    this.#values = 1;
  }

  /** Reads a first byte and its length, which may be cut in two; returns what follows. */
  #begin(bytes: Uint8Array, at: number, end: number): number {
    const head = this.#head;
    if (this.#headBytes === 0) {
      const size = 1 + lengthBytes[bytes[at]!]!;
      if (size <= end - at) {
        this.#enter(bytes[at]!, lengthAt(bytes, at));
        return at + size;
      }
      head[this.#headBytes++] = bytes[at++]!;
    }
    const size = 1 + lengthBytes[head[0]!]!;
    while (this.#headBytes < size && at < end) head[this.#headBytes++] = bytes[at++]!;
    if (this.#headBytes === size) {
      this.#headBytes = 0;
      this.#enter(head[0]!, lengthAt(head, 0));
    }
    return at;
  }

  #enter(first: number, length: number): void {
    const perEntry = valuesPerEntry[first]!;
    this.#values--;
    if (perEntry === 0) {
      this.#first = first;
      this.#content = contentBytes[first]! + length;
      this.damaged = first === NEVER_USED;
      if (this.#content === 0) this.#seen?.(first, noBytes, 0, 0);
    } else if (length > 0) {
      this.damaged = this.#depth === nestingMax;
      this.#outer[this.#depth++] = this.#values;
      this.#values = perEntry * length;
    }
  }
}
