import type { ChangeLog, Stateful } from "../core/state.ts";
import type { StoreOptions } from "./keyed-store.ts";
import { structuredCodec, type ValueCodec } from "./value-codec.ts";

/**
 * One value that survives a crash. It is written whole when it was set since the checkpoint before, so keep it small, or
 * use a keyed store. As there, an object that was changed must be `set` again.
 */
export interface ValueStore<V> extends Stateful {
  /** Undefined before the first `set`, and after `clear`. */
  get(): V | undefined;
  set(value: V): void;
  clear(): void;
}

const onlyKey = "value";

/** A store of one value, empty until it is restored or set. */
export function valueStore<V>(options: StoreOptions<V> = {}): ValueStore<V> {
  return new SingleStore<V>(options.codec ?? (structuredCodec as ValueCodec<V>));
}

class SingleStore<V> implements ValueStore<V> {
  readonly #codec: ValueCodec<V>;
  #held: { readonly value: V } | undefined;
  #dirty = false;

  constructor(codec: ValueCodec<V>) {
    this.#codec = codec;
  }

  get(): V | undefined {
    return this.#held?.value;
  }

  set(value: V): void {
    this.#held = { value };
    this.#dirty = true;
  }

  clear(): void {
    if (this.#held === undefined) return;
    this.#held = undefined;
    this.#dirty = true;
  }

  collect(log: ChangeLog): void {
    if (!this.#dirty) return;
    if (this.#held === undefined) log.delete(onlyKey);
    else log.put(onlyKey, this.#codec.encode(this.#held.value));
    this.#dirty = false;
  }

  *entries(): Generator<readonly [string, Uint8Array]> {
    if (this.#held !== undefined) yield [onlyKey, this.#codec.encode(this.#held.value)];
  }

  apply(_key: string, value: Uint8Array | undefined): void {
    this.#held = value === undefined ? undefined : { value: this.#codec.decode(value) };
  }
}
