import type { ChangeLog, StoreChanges } from "../core/state.ts";

const firstBytes = 1024;
const gone = -1;

/**
 * The changes of one store, in memory of their own, since the store goes on changing while they are written. All values lie in
 * one run of bytes, for a checkpoint may hold hundreds of thousands; what is given of them are views.
 */
export class CollectedChanges implements ChangeLog, StoreChanges {
  readonly store: string;
  readonly #keys: string[] = [];
  /** By key: where its value ends in the bytes, or `gone`. It begins where the one before ends. */
  readonly #ends: number[] = [];
  #bytes = new Uint8Array(0);
  #end = 0;

  constructor(store: string) {
    this.store = store;
  }

  get changes(): Iterable<readonly [key: string, value: Uint8Array | undefined]> {
    return { [Symbol.iterator]: () => this.#all() };
  }

  put(key: string, value: Uint8Array): void {
    const end = this.#end + value.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length, firstBytes));
      larger.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = larger;
    }
    this.#bytes.set(value, this.#end);
    this.#end = end;
    this.#keys.push(key);
    this.#ends.push(end);
  }

  delete(key: string): void {
    this.#keys.push(key);
    this.#ends.push(gone);
  }

  *#all(): Generator<readonly [string, Uint8Array | undefined]> {
    let start = 0;
    for (const [i, key] of this.#keys.entries()) {
      const end = this.#ends[i]!;
      yield [key, end === gone ? undefined : this.#bytes.subarray(start, end)];
      if (end !== gone) start = end;
    }
  }
}
