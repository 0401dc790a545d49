import { copyBytes } from "./broadcast-log.ts";
import type { Page, PagePool } from "./page-pool.ts";

/** The most that two numbers before a record take, seven bits a byte. */
const headBytesMax = 16;

/**
 * Records for one client alone, each with its place among the broadcasts. First in, first out. In pages; before each record come, as
 * numbers of seven bits a byte, how many broadcasts there were since the one before it, and its length: mostly a byte each.
 */
export class OwnRecords {
  /** The number of the broadcast before which the first record comes; infinite when there is none. */
  head = Number.POSITIVE_INFINITY;
  /** Length of the first record. */
  headLength = 0;
  /** Records added so far. */
  added = 0;
  /** Records taken or dropped so far. */
  removed = 0;
  /** Bytes that wait, with what their places cost. */
  bytes = 0;
  readonly #pool: PagePool;
  #first: Page | undefined;
  #last: Page | undefined;
  /** Where the first record begins in the first page. */
  #at = 0;
  /** The place of the record added last. */
  #lastPlace = 0;

  constructor(pool: PagePool) {
    this.#pool = pool;
  }

  /** Takes a copy of `record`, which comes before broadcast number `place`. */
  add(record: Uint8Array, place: number): void {
    const first = this.added === this.removed;
    const page = this.#withRoom(headBytesMax + record.length);
    const from = page.used;
    const at = writeNumber(
      page.bytes,
      writeNumber(page.bytes, from, first ? 0 : place - this.#lastPlace),
      record.length,
    );
    copyBytes(record, page.bytes, at);
    page.used = at + record.length;
    this.bytes += page.used - from;
    this.#lastPlace = place;
    this.added += 1;
    if (!first) return;
    this.head = place;
    this.headLength = record.length;
    this.#at = at;
    this.bytes -= at - from;
  }

  /** Moves the first record to `at` of `to`; returns where it ends there. */
  moveTo(to: Uint8Array, at: number): number {
    const { bytes } = this.#first!;
    const from = this.#at;
    const length = this.headLength;
    if (length < 48) for (let index = 0; index < length; index++) to[at + index] = bytes[from + index]!;
    else bytes.copy(to, at, from, from + length);
    this.drop();
    return at + length;
  }

  /** Lets the first record go. */
  drop(): void {
    this.removed += 1;
    this.bytes -= this.headLength;
    this.#at += this.headLength;
    if (this.added === this.removed) this.#clear();
    else this.#readHead();
  }

  /** The head of the record that is now the first: its bytes count no more. */
  #readHead(): void {
    if (this.#at === this.#first!.used) this.#leavePage();
    const { bytes } = this.#first!;
    const from = this.#at;
    const delta = this.#readNumber(bytes);
    this.headLength = this.#readNumber(bytes);
    this.head += delta;
    this.bytes -= this.#at - from;
  }

  #readNumber(bytes: Buffer): number {
    let byte = bytes[this.#at++]!;
    let number = byte & 127;
    for (let factor = 128; byte > 127; factor *= 128) {
      byte = bytes[this.#at++]!;
      number += (byte & 127) * factor;
    }
    return number;
  }

  #withRoom(bytes: number): Page {
    const last = this.#last;
    if (last !== undefined && last.bytes.length - last.used >= bytes) return last;
    const page = this.#pool.take(bytes);
    if (last === undefined) this.#first = page;
    else last.next = page;
    this.#last = page;
    return page;
  }

  #leavePage(): void {
    const page = this.#first!;
    this.#first = page.next;
    this.#at = 0;
    this.#pool.give(page);
  }

  #clear(): void {
    this.head = Number.POSITIVE_INFINITY;
    this.#pool.give(this.#last!);
    this.#first = this.#last = undefined;
  }
}

/** Writes a whole number, seven bits a byte; returns where it ends. */
function writeNumber(into: Buffer, start: number, number: number): number {
  let at = start;
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) into[at++] = (rest & 127) | 128;
  into[at++] = rest;
  return at;
}
