import type { ChangeLog, Stateful } from "../core/state.ts";
import { decodeKey, encodeKey, type StoreKey } from "./store-key.ts";
import { structuredCodec, type ValueCodec } from "./value-codec.ts";

/**
 * A map that survives a crash. A checkpoint costs the keys set or deleted since the one before.
 *
 * An object got from it and then changed must be `set` again: the store cannot see a change made through a reference,
 * and without it the next restore brings the old content back.
 */
export interface KeyedStore<V, K extends StoreKey = StoreKey> extends Stateful {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  /** Throws a `TypeError` at a key that is no {@link StoreKey}. */
  set(key: K, value: V): void;
  /** Whether there was something to delete. */
  delete(key: K): boolean;
  /** Deletes every key; costs their number, now and in the next checkpoint. */
  clear(): void;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  /** Keys and values as the program knows them, in order of insertion; `entries` gives them as the changelog does. */
  [Symbol.iterator](): IterableIterator<[K, V]>;
}

/** How a keyed store is set. `codec` default: {@link structuredCodec}. */
export interface StoreOptions<V> {
  readonly codec?: ValueCodec<V> | undefined;
}

/** A keyed store, empty until it is restored or set. Register it with `context.state(name, store)` in an operator's `open`. */
export function keyedStore<V, K extends StoreKey = StoreKey>(options: StoreOptions<V> = {}): KeyedStore<V, K> {
  return new MapStore<V, K>(options.codec ?? (structuredCodec as ValueCodec<V>));
}

class MapStore<V, K extends StoreKey> implements KeyedStore<V, K> {
  readonly #codec: ValueCodec<V>;
  readonly #map = new Map<K, V>();
  /** Keys changed since the last `collect`; undefined in a run that takes no checkpoints. */
  #dirty: Set<K> | undefined = new Set();

  constructor(codec: ValueCodec<V>) {
    this.#codec = codec;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  set(key: K, value: V): void {
    if (typeof key !== "string") encodeKey(key);
    this.#map.set(key, value);
    this.#dirty?.add(key);
  }

  delete(key: K): boolean {
    if (!this.#map.delete(key)) return false;
    this.#dirty?.add(key);
    return true;
  }

  clear(): void {
    for (const key of this.#map.keys()) this.#dirty?.add(key);
    this.#map.clear();
  }

  keys(): IterableIterator<K> {
    return this.#map.keys();
  }

  values(): IterableIterator<V> {
    return this.#map.values();
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#map[Symbol.iterator]();
  }

  /** A key that came and went since the last call is logged as deleted all the same: `entries` may have shown it. */
  collect(log: ChangeLog): void {
    for (const key of this.#dirty ?? []) {
      if (this.#map.has(key)) log.put(encodeKey(key), this.#codec.encode(this.#map.get(key) as V));
      else log.delete(encodeKey(key));
    }
    this.#dirty?.clear();
  }

  /**
   * As many entries as there are now, no more: a map shows what is set during the iteration last, so that these are all
   * that still stand of today's, and a store whose keys come and go all the time cannot make it endless.
   */
  *entries(): Generator<readonly [string, Uint8Array]> {
    let left = this.#map.size;
    for (const [key, value] of this.#map) {
      if (left-- === 0) return;
      yield [encodeKey(key), this.#codec.encode(value)];
    }
  }

  unwatched(): void {
    this.#dirty = undefined;
  }

  apply(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#map.delete(decodeKey(key) as K);
    else this.#map.set(decodeKey(key) as K, this.#codec.decode(value));
  }
}
