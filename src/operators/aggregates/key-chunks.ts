import type { ChangeLog, Stateful } from "../../core/state.ts";

/** What can be told apart: text and finite numbers. The number 5 and the text "5" are two. */
export type DistinctKey = string | number;

const chunkKeys = 256;

/**
 * Keys in order of arrival, none ever taken out, stored as chunks of 256: a checkpoint writes the new keys and at most 255
 * old ones. What is not yet written is remembered only from the first `collect` on: keys that no checkpoint sees cost nothing
 * here.
 */
export abstract class KeyChunks implements Stateful {
  #size = 0;
  /** The keys from the last whole chunk on, once a checkpoint was taken. */
  #tail: DistinctKey[] | undefined;
  #tailFrom = 0;
  #writtenSize = 0;
  /** Chunks that came back from a checkpoint, until all have. */
  #restoring: Map<number, DistinctKey[]> | undefined;

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** All keys, in the order in which they came. May be iterated slowly while keys are added. */
  abstract keys(): Generator<DistinctKey>;

  /** Stores a key that is known to be new. */
  protected abstract append(key: DistinctKey): void;

  /** To be called with each key that is new; gives its number. */
  protected added(key: DistinctKey): number {
    this.#tail?.push(key);
    return this.#size++;
  }

  collect(log: ChangeLog): void {
    if (this.#writtenSize === this.#size) return;
    this.#tail ??= [...this.keys()];
    for (let at = 0; at < this.#tail.length; at += chunkKeys) {
      log.put(String((this.#tailFrom + at) / chunkKeys), encode(this.#tail.slice(at, at + chunkKeys)));
    }
    const whole = this.#tail.length - (this.#tail.length % chunkKeys);
    this.#tail = this.#tail.slice(whole);
    this.#tailFrom += whole;
    this.#writtenSize = this.#size;
  }

  *entries(): Generator<readonly [string, Uint8Array]> {
    let chunk = 0;
    let keys: DistinctKey[] = [];
    for (const key of this.keys()) {
      if (keys.push(key) < chunkKeys) continue;
      yield [String(chunk++), encode(keys)];
      keys = [];
    }
    if (keys.length > 0) yield [String(chunk), encode(keys)];
  }

  /** In any order; a chunk that has grown comes again. */
  apply(chunk: string, value: Uint8Array | undefined): void {
    this.#restoring ??= new Map();
    if (value === undefined) this.#restoring.delete(Number(chunk));
    else this.#restoring.set(Number(chunk), JSON.parse(Buffer.from(value).toString()) as DistinctKey[]);
  }

  /** Throws when a chunk is missing, since every number after it would be wrong. */
  restored(): void {
    const chunks = this.#restoring;
    this.#restoring = undefined;
    if (chunks === undefined || chunks.size === 0) return;
    for (let i = 0; i < chunks.size; i++) {
      const keys = chunks.get(i);
      if (keys === undefined) throw new RangeError(`of a distinct count's keys, chunk ${i} is missing`);
      for (const key of keys) this.append(key);
    }
    const last = chunks.get(chunks.size - 1)!;
    this.#tail = last.length === chunkKeys ? [] : last;
    this.#tailFrom = this.#size - this.#tail.length;
    this.#writtenSize = this.#size;
  }
}

function encode(keys: readonly DistinctKey[]): Uint8Array {
  return Buffer.from(JSON.stringify(keys));
}
