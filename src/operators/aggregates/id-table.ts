import { type DistinctKey, KeyChunks, keysInOneMax } from "./key-chunks.ts";

/**
 * Keys to small numbers, in order of arrival: 0, 1, 2, ... A `Map` of V8 holds 2^24 keys at most: beyond 16,000,000 further
 * maps are opened, and each is asked in turn. 21 MB for a million keys, and the texts themselves.
 */
export class IdTable extends KeyChunks {
  readonly #keysMax: number;
  readonly #maps: Map<DistinctKey, number>[] = [new Map()];
  #last: Map<DistinctKey, number> = this.#maps[0]!;

  constructor(keysMax = keysInOneMax) {
    super();
    this.#keysMax = keysMax;
  }

  /** The key's number; a new one if it never came before. */
  idOf(key: DistinctKey): number {
    const known = this.#last.get(key);
    if (known !== undefined) return known;
    if (this.#maps.length > 1) {
      for (const map of this.#maps) {
        const id = map.get(key);
        if (id !== undefined) return id;
      }
    }
    return this.append(key);
  }

  *keys(): Generator<DistinctKey> {
    for (const map of this.#maps) yield* map.keys();
  }

  protected append(key: DistinctKey): number {
    if (this.#last.size >= this.#keysMax) this.#maps.push((this.#last = new Map()));
    const id = this.added(key);
    this.#last.set(key, id);
    return id;
  }
}
