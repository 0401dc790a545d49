/** Sets as small as this are always lists. */
const listMin = 16;
/** Before the parts, in bytes. */
const headBytes = 5;

/**
 * A set of whole numbers from 0 on: a sorted list while it is thin, a table of bits once that is smaller. So it takes at most
 * about eight bytes a number, and a small fraction of that when most numbers are in it.
 */
export class NumberSet {
  #size = 0;
  /** Ascending numbers; or words of 32 bits. */
  #parts: number[] = [];
  #isBits = false;

  /** A set from its {@link bytes}. */
  static of(bytes: Uint8Array): NumberSet {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const set = new NumberSet();
    set.#size = view.getUint32(0, true);
    set.#isBits = view.getUint8(4) === 1;
    for (let at = headBytes; at < bytes.length; at += 4) set.#parts.push(view.getInt32(at, true));
    return set;
  }

  get size(): number {
    return this.#size;
  }

  /** The set as bytes: its size, its form, its parts. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(headBytes + 4 * this.#parts.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.#size, true);
    view.setUint8(4, this.#isBits ? 1 : 0);
    for (let index = 0; index < this.#parts.length; index++) {
      view.setInt32(headBytes + 4 * index, this.#parts[index]!, true);
    }
    return bytes;
  }

  has(number: number): boolean {
    if (this.#isBits) return ((this.#parts[number >> 5] ?? 0) & (1 << (number & 31))) !== 0;
    return this.#parts[this.#placeOf(number)] === number;
  }

  /** False when it was there already. */
  add(number: number): boolean {
    if (this.has(number)) return false;
    if (this.#isBits && number >> 5 > this.#wordsMax) this.#toList();
    this.#size += 1;
    if (this.#isBits) this.#setBit(number);
    else {
      this.#parts.splice(this.#placeOf(number), 0, number);
      if (this.#size > listMin && this.#parts.at(-1)! >> 5 < this.#size / 2) this.#toBits();
    }
    return true;
  }

  /** False when it was not there. */
  remove(number: number): boolean {
    if (!this.has(number)) return false;
    this.#size -= 1;
    if (!this.#isBits) this.#parts.splice(this.#placeOf(number), 1);
    else {
      this.#parts[number >> 5]! &= ~(1 << (number & 31));
      if (this.#parts.length > this.#wordsMax) this.#toList();
    }
    return true;
  }

  /** Calls `each` with every number, ascending. The set must not be changed meanwhile. */
  forEach(each: (number: number) => void): void {
    if (!this.#isBits) for (const number of this.#parts) each(number);
    else {
      for (let word = 0; word < this.#parts.length; word++) {
        for (let bits = this.#parts[word]!; bits !== 0; bits &= bits - 1)
          each(32 * word + 31 - Math.clz32(bits & -bits));
      }
    }
  }

  /** How many steps `forEachIn` takes, about. */
  get steps(): number {
    return this.#parts.length;
  }

  /** Calls `each` with every number, ascending, whose bit is set in a table of 32-bit words. The set must not be changed meanwhile. */
  forEachIn(words: readonly number[], each: (number: number) => void): void {
    const parts = this.#parts;
    if (!this.#isBits) {
      for (const number of parts) if (((words[number >> 5] ?? 0) & (1 << (number & 31))) !== 0) each(number);
      return;
    }
    const length = Math.min(parts.length, words.length);
    for (let word = 0; word < length; word++) {
      for (let bits = parts[word]! & words[word]!; bits !== 0; bits &= bits - 1) {
        each(32 * word + 31 - Math.clz32(bits & -bits));
      }
    }
  }

  /** Twice what a list would take: between that and half of it a set stays what it is. */
  get #wordsMax(): number {
    return 2 * this.#size + listMin;
  }

  #setBit(number: number): void {
    const word = number >> 5;
    while (this.#parts.length <= word) this.#parts.push(0);
    this.#parts[word]! |= 1 << (number & 31);
  }

  #toBits(): void {
    const numbers = this.#parts;
    this.#parts = [];
    this.#isBits = true;
    for (const number of numbers) this.#setBit(number);
  }

  #toList(): void {
    const numbers: number[] = [];
    this.forEach((number) => void numbers.push(number));
    this.#parts = numbers;
    this.#isBits = false;
  }

  /** Of a list: where the number is, or would be put. */
  #placeOf(number: number): number {
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#parts[middle]! < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
