const pageBytes = 2048;
/** Empty pages that are kept for the next who needs one: 2 MiB. */
const keptPagesMax = 1024;

/** A piece of memory in which somebody's records lie, whole, one after another. */
export class Page {
  readonly bytes: Buffer;
  /** Bytes of it that are in use. */
  used = 0;
  /** The page behind it. */
  next: Page | undefined;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }
}

/**
 * Memory for what waits for single clients, in pages of 2 KiB that they all share: a client has as many as its records need and none when
 * nothing waits, so what all of them take together is known, and falls when they catch up.
 */
export class PagePool {
  /** What the pages in use take, in bytes. */
  usedBytes = 0;
  #kept: Page | undefined;
  #keptPages = 0;

  /** A page with room for so many bytes. */
  take(bytes: number): Page {
    const page = bytes > pageBytes ? new Page(bytes) : this.#takeKept();
    this.usedBytes += page.bytes.length;
    return page;
  }

  /** Takes a page back. */
  give(page: Page): void {
    this.usedBytes -= page.bytes.length;
    page.next = undefined;
    if (page.bytes.length > pageBytes || this.#keptPages === keptPagesMax) return;
    page.used = 0;
    page.next = this.#kept;
    this.#kept = page;
    this.#keptPages += 1;
  }

  #takeKept(): Page {
    const page = this.#kept;
    if (page === undefined) return new Page(pageBytes);
    this.#kept = page.next;
    this.#keptPages -= 1;
    page.next = undefined;
    return page;
  }
}
