import type { ChangeLog } from "../../core/state.ts";

const pageBytes = 512;

/** Bytes that grow, of which a checkpoint writes only the pages of 512 bytes that changed. */
export class Pages {
  bytes: Uint8Array;
  #dirty: Uint8Array;
  /** Pages that may be in the log. */
  #written = 0;

  constructor(size = pageBytes) {
    this.bytes = new Uint8Array(size);
    this.#dirty = new Uint8Array(pagesOf(size));
  }

  /** Makes room for at least `size` bytes; the new ones are 0. */
  grow(size: number): void {
    if (size <= this.bytes.length) return;
    const room = Math.max(size, this.bytes.length * 2);
    const bytes = new Uint8Array(pagesOf(room) * pageBytes);
    bytes.set(this.bytes);
    this.bytes = bytes;
    const dirty = new Uint8Array(pagesOf(bytes.length));
    dirty.set(this.#dirty);
    this.#dirty = dirty;
  }

  /** To be called at each change of `bytes[index]`. */
  touch(index: number): void {
    this.#dirty[Math.floor(index / pageBytes)] = 1;
  }

  /** Writes the changed pages under `<prefix><page>`. */
  collect(log: ChangeLog, prefix: string): void {
    for (let page = this.#dirty.indexOf(1); page >= 0; page = this.#dirty.indexOf(1, page + 1)) {
      log.put(prefix + page, this.#page(page));
      this.#dirty[page] = 0;
      this.#written = Math.max(this.#written, page + 1);
    }
  }

  /** The pages that are not all 0, under the same names. */
  *entries(prefix: string): Generator<readonly [string, Uint8Array]> {
    for (let page = 0; page * pageBytes < this.bytes.length; page++) {
      const bytes = this.#page(page);
      if (bytes.every((byte) => byte === 0)) continue;
      this.#written = Math.max(this.#written, page + 1);
      yield [prefix + page, bytes];
    }
  }

  /** Takes a page back. */
  apply(page: number, value: Uint8Array): void {
    this.grow(page * pageBytes + value.length);
    this.bytes.set(value, page * pageBytes);
    this.#written = Math.max(this.#written, page + 1);
  }

  /** The names under which pages may lie in the log. */
  names(prefix: string): string[] {
    return Array.from({ length: this.#written }, (_, page) => prefix + page);
  }

  #page(page: number): Uint8Array {
    return this.bytes.subarray(page * pageBytes, (page + 1) * pageBytes);
  }
}

function pagesOf(bytes: number): number {
  return Math.ceil(bytes / pageBytes);
}
