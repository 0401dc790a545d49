import { systemRandom } from "../../core/random.ts";
import type { DistinctKey } from "./key-chunks.ts";

const firstWords = 64;
/** Before a number; a text has its length, and whether its letters are wide in the lowest bit. */
const numberHeader = -1;

/** Nobody outside can tell which keys have the same hash, and so make look-ups long: the seeds differ in each process. */
const random = systemRandom();
const lowSeed = random.below(2 ** 32) | 0;
const highSeed = random.below(2 ** 32) | 0;

const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

/**
 * Keys one after another in words of 32 bits: a header, then four letters a word, or two where a text has letters beyond
 * U+00FF, or a number's own bits. 24 bytes for 19 letters. Kept as texts, each would move through the heap of V8 first and
 * stay in its care, which costs more than the look-up does.
 *
 * A key is written behind those that are kept, hashed on the way, compared with some of them, and then kept or not.
 */
export class KeyWords {
  /** Of the key written last: 32 bits in which every bit of it counts. 0 and -0 have the same. */
  hash = 0;
  #words = new Int32Array(firstWords);
  #end = 0;
  #writtenEnd = 0;

  write(key: DistinctKey): void {
    if (typeof key !== "string") this.#writeNumber(key);
    else if (!this.#writeNarrow(key)) this.#writeWide(key);
  }

  /** Keeps the key written last; returns its place. */
  keep(): number {
    const place = this.#end;
    this.#end = this.#writtenEnd;
    return place;
  }

  /** Whether the key written last is the one at a place. */
  isAt(place: number): boolean {
    const words = this.#words;
    const end = this.#writtenEnd;
    for (let at = this.#end, other = place; at < end; at++, other++) if (words[at] !== words[other]) return false;
    return true;
  }

  /** The key at a place. */
  read(place: number): DistinctKey {
    const header = this.#words[place]!;
    if (header !== numberHeader) return this.#text(place + 1, header >>> 1, (header & 1) === 1);
    floatWords.set(this.#words.subarray(place + 1, place + 3));
    return float[0]!;
  }

  #text(from: number, length: number, isWide: boolean): string {
    const bytes = Buffer.allocUnsafe(isWide ? 2 * length : length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#words[from + (i >> 2)]! >>> ((i & 3) << 3);
    return bytes.toString(isWide ? "utf16le" : "latin1");
  }

  /** False when the text has a letter that takes more than a byte. */
  #writeNarrow(text: string): boolean {
    const length = text.length;
    const words = this.#reserve(1 + ((length + 3) >> 2));
    const whole = length & ~3;
    let at = this.#end;
    let low = lowSeed;
    let high = highSeed;
    let letters = 0;
    words[at++] = length << 1;
    for (let i = 0; i < whole; i += 4) {
      const a = text.charCodeAt(i);
      const b = text.charCodeAt(i + 1);
      const c = text.charCodeAt(i + 2);
      const d = text.charCodeAt(i + 3);
      letters |= a | b | c | d;
      const first = a | (b << 8);
      const second = c | (d << 8);
      words[at++] = first | (second << 16);
      low = mixed(low ^ first);
      high = mixed(high ^ second);
    }
    if (whole < length) {
      let rest = 0;
      for (let i = length - 1; i >= whole; i--) {
        letters |= text.charCodeAt(i);
        rest = (rest << 8) | text.charCodeAt(i);
      }
      words[at++] = rest;
      low = mixed(low ^ (rest & 0xffff));
      high = mixed(high ^ (rest >>> 16));
    }
    this.#written(at, low, high);
    return letters <= 0xff;
  }

  #writeWide(text: string): void {
    const length = text.length;
    const words = this.#reserve(1 + ((length + 1) >> 1));
    let at = this.#end;
    let low = lowSeed;
    let high = highSeed;
    words[at++] = (length << 1) | 1;
    for (let i = 0; i < length; i += 2) {
      const first = text.charCodeAt(i);
      const second = i + 1 < length ? text.charCodeAt(i + 1) : 0;
      words[at++] = first | (second << 16);
      low = mixed(low ^ first);
      high = mixed(high ^ second);
    }
    this.#written(at, low, high);
  }

  #writeNumber(value: number): void {
    float[0] = value + 0;
    const words = this.#reserve(3);
    let at = this.#end;
    words[at++] = numberHeader;
    words[at++] = floatWords[0]!;
    words[at++] = floatWords[1]!;
    this.#written(at, mixed(lowSeed ^ floatWords[0]!), mixed(highSeed ^ floatWords[1]!));
  }

  #written(end: number, low: number, high: number): void {
    this.#writtenEnd = end;
    this.hash = mixed(mixed(low) + high);
  }

  /** The words, with room for so many behind those that are kept. */
  #reserve(count: number): Int32Array {
    const needed = this.#end + count;
    if (needed > this.#words.length) {
      const more = new Int32Array(Math.max(needed, Math.ceil(this.#words.length * 1.5)));
      more.set(this.#words.subarray(0, this.#end));
      this.#words = more;
    }
    return this.#words;
  }
}

function mixed(word: number): number {
  const product = Math.imul(word, 0x5bd1e995);
  return product ^ (product >>> 15);
}
