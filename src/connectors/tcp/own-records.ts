import { copyBytes } from "./broadcast-log.ts";

const initialBytes = 512;
/** Memory above this is given back when nothing waits in it. */
const keptBytesMax = 64 * 1024;

/** What keeping a record's place costs. */
export const entryBytes = 16;

/** Records for one client alone, each with its place among the broadcasts. First in, first out; grows as it must. */
export class OwnRecords {
  /** The number of the broadcast before which the first record comes; infinite when there is none. */
  head = Number.POSITIVE_INFINITY;
  /** Records added so far. */
  added = 0;
  /** Records taken or dropped so far. */
  removed = 0;
  #memory: Buffer = Buffer.alloc(0);
  #from = 0;
  #end = 0;
  #places: number[] = [];
  #lengths: number[] = [];
  #first = 0;
  #last = 0;

  /** Bytes that wait, with what their places cost. */
  get bytes(): number {
    return this.#end - this.#from + entryBytes * (this.added - this.removed);
  }

  /** Length of the first record. */
  get headLength(): number {
    return this.#lengths[this.#first]!;
  }

  /** Takes a copy of `record`, which comes before broadcast number `place`. */
  add(record: Uint8Array, place: number): void {
    if (record.length > this.#memory.length - this.#end) this.#reserve(record.length);
    copyBytes(record, this.#memory, this.#end);
    this.#end += record.length;
    if (this.added === this.removed) this.head = place;
    this.#places[this.#last] = place;
    this.#lengths[this.#last] = record.length;
    this.#last += 1;
    this.added += 1;
  }

  /** Moves the first record to `at` of `to`; returns where it ends there. */
  moveTo(to: Uint8Array, at: number): number {
    const from = this.#from;
    const length = this.headLength;
    if (length < 48) for (let index = 0; index < length; index++) to[at + index] = this.#memory[from + index]!;
    else this.#memory.copy(to, at, from, from + length);
    this.drop();
    return at + length;
  }

  /** Lets the first record go. */
  drop(): void {
    this.#from += this.headLength;
    this.#first += 1;
    this.removed += 1;
    if (this.added === this.removed) this.#clear();
    else this.head = this.#places[this.#first]!;
  }

  #clear(): void {
    this.head = Number.POSITIVE_INFINITY;
    this.#from = this.#end = this.#first = this.#last = 0;
    if (this.#memory.length <= keptBytesMax) return;
    this.#memory = Buffer.alloc(0);
    this.#places = [];
    this.#lengths = [];
  }

  /** Moves what waits to the front, into more memory when half of what there is would not do. */
  #reserve(bytes: number): void {
    const length = this.#end - this.#from;
    const fits = 2 * (length + bytes) <= this.#memory.length;
    const size = Math.max(initialBytes, 2 * this.#memory.length, length + bytes);
    const target = fits ? this.#memory : Buffer.allocUnsafeSlow(size);
    this.#memory.copy(target, 0, this.#from, this.#end);
    this.#memory = target;
    this.#from = 0;
    this.#end = length;
    this.#places.splice(0, this.#first);
    this.#lengths.splice(0, this.#first);
    this.#last -= this.#first;
    this.#first = 0;
  }
}
