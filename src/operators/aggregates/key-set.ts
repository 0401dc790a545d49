import { type DistinctKey, KeyChunks, keysInOneMax } from "./key-chunks.ts";

/**
 * Keys without numbers: where nothing else refers to them. One look-up a key, new or not, where a table of numbers needs two
 * for a new one: 0.6 of its time where most keys of a window are new. Grows beyond one `Set` as the table does.
 */
export class KeySet extends KeyChunks {
  readonly #keysMax: number;
  readonly #sets: Set<DistinctKey>[] = [new Set()];
  #last: Set<DistinctKey> = this.#sets[0]!;

  constructor(keysMax = keysInOneMax) {
    super();
    this.#keysMax = keysMax;
  }

  add(key: DistinctKey): void {
    const last = this.#last;
    const before = last.size;
    if (before >= this.#keysMax || this.#sets.length > 1) {
      this.#addToMany(key);
      return;
    }
    last.add(key);
    if (last.size !== before) this.added(key);
  }

  *keys(): Generator<DistinctKey> {
    for (const set of this.#sets) yield* set.keys();
  }

  protected append(key: DistinctKey): void {
    if (this.#last.size >= this.#keysMax) this.#sets.push((this.#last = new Set()));
    this.#last.add(key);
    this.added(key);
  }

  #addToMany(key: DistinctKey): void {
    if (!this.#sets.some((set) => set.has(key))) this.append(key);
  }
}
