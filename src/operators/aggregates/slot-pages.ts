import type { ChangeLog, Stateful } from "../../core/state.ts";
import { Pages } from "./pages.ts";

/** Pages for each slot of a family, as its stored part: keys are `<slot>/<page>`. A slot's pages go when it is freed. */
export class SlotPages implements Stateful {
  readonly #slots: (Pages | undefined)[] = [];
  readonly #sizeBytes: number | undefined;
  #gone: string[] = [];

  /** `sizeBytes` is what a slot begins with; a page if it is not given. */
  constructor(sizeBytes?: number) {
    this.#sizeBytes = sizeBytes;
  }

  /** The slot's pages, empty ones if it has none yet. */
  of(slot: number): Pages {
    return (this.#slots[slot] ??= new Pages(this.#sizeBytes));
  }

  free(slot: number): void {
    const pages = this.#slots[slot];
    if (pages === undefined) return;
    this.#gone.push(...pages.names(`${slot}/`));
    this.#slots[slot] = undefined;
  }

  collect(log: ChangeLog): void {
    if (this.#gone.length > 0) {
      for (const name of this.#gone) log.delete(name);
      this.#gone = [];
    }
    for (let slot = 0; slot < this.#slots.length; slot++) this.#slots[slot]?.collect(log, `${slot}/`);
  }

  *entries(): Generator<readonly [string, Uint8Array]> {
    for (let slot = 0; slot < this.#slots.length; slot++) {
      const pages = this.#slots[slot];
      for (const entry of pages?.entries(`${slot}/`) ?? []) {
        if (this.#slots[slot] !== pages) break;
        yield entry;
      }
    }
  }

  apply(key: string, value: Uint8Array | undefined): void {
    const cut = key.indexOf("/");
    if (value !== undefined) this.of(Number(key.slice(0, cut))).apply(Number(key.slice(cut + 1)), value);
  }
}
