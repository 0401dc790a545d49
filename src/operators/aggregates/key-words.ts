import { systemRandom } from "../../core/random.ts";
import { copyOf } from "../../core/records.ts";

/** What can be told apart: text and finite numbers. The number 5 and the text "5" are two. */
export type DistinctKey = string | number;

const firstWords = 64;
const wordBytes = Int32Array.BYTES_PER_ELEMENT;
/** Before a number; a text has its length, and whether its letters are wide in the lowest bit. */
const numberHeader = -1;
const numberWords = 2;

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
 *
 * Checkpoints and other processes get keys as these words, in the machine's byte order: see {@link wordsOf}.
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

  /** Writes the key that lies in other words, at a place; it must lie there whole. */
  writeFrom(from: Int32Array, place: number): void {
    const end = endOfKey(from, place);
    const words = this.#reserve(end - place);
    const header = from[place]!;
    let at = this.#end;
    let low = lowSeed;
    let high = highSeed;
    words[at++] = header;
    if (header === numberHeader) {
      low = mixed(low ^ (words[at++] = from[place + 1]!));
      high = mixed(high ^ (words[at++] = from[place + 2]!));
    } else {
      for (let next = place + 1; next < end; next++) {
        const word = from[next]!;
        words[at++] = word;
        low = mixed(low ^ (word & 0xffff));
        high = mixed(high ^ (word >>> 16));
      }
    }
    this.#written(at, low, high);
  }

  /** Keeps the key written last; returns its place. */
  keep(): number {
    const place = this.#end;
    this.#end = this.#writtenEnd;
    return place;
  }

  /** Takes kept keys back, from a place on. They still lie there, until the next key is written. */
  takeBack(place: number): void {
    this.#end = place;
  }

  /** Writes a key again that was taken back: it lies from one place up to another, and has that hash. In their order. */
  writeAgain(from: number, to: number, hash: number): void {
    const words = this.#words;
    let end = this.#end;
    for (let at = from; at < to; at++) words[end++] = words[at]!;
    this.#writtenEnd = end;
    this.hash = hash;
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
    return keyIn(this.#words, place);
  }

  /** The words themselves, until a key is written. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Where the kept keys end. */
  get end(): number {
    return this.#end;
  }

  /** The kept keys from one place up to another, where they lie, which is never written to again. */
  bytes(from: number, to: number): Uint8Array {
    return new Uint8Array(this.#words.buffer, wordBytes * from, wordBytes * (to - from));
  }

  /** False when the text has a letter that takes more than a byte. */
  #writeNarrow(text: string): boolean {
    const length = text.length;
    const words = this.#reserve(1 + textWords(length, false));
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
    const words = this.#reserve(1 + textWords(length, true));
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
    const words = this.#reserve(1 + numberWords);
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

/**
 * The words that `KeyWords.bytes` gave, from wherever they have been. Keys lie in them one after another: each goes up to
 * {@link endOfKey}. Throws a `RangeError` if they are cut off in the middle of a word.
 */
export function wordsOf(bytes: Uint8Array): Int32Array {
  if (bytes.length % wordBytes !== 0) throw new RangeError(`${bytes.length} bytes are no whole words of keys`);
  return new Int32Array(copyOf(bytes).buffer);
}

/** Where the key at a place ends. Throws a `RangeError` if that is not in the words. */
export function endOfKey(words: Int32Array, place: number): number {
  const header = words[place]!;
  const end = place + 1 + (header === numberHeader ? numberWords : textWords(header >>> 1, (header & 1) === 1));
  if (end > words.length) throw new RangeError(`the key at word ${place} goes on behind the last of ${words.length}`);
  return end;
}

/** The key at a place of words. */
export function keyIn(words: Int32Array, place: number): DistinctKey {
  const header = words[place]!;
  if (header === numberHeader) {
    floatWords.set(words.subarray(place + 1, place + 1 + numberWords));
    return float[0]!;
  }
  const isWide = (header & 1) === 1;
  const bytes = Buffer.allocUnsafe(isWide ? 2 * (header >>> 1) : header >>> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = words[place + 1 + (i >> 2)]! >>> ((i & 3) << 3);
  return bytes.toString(isWide ? "utf16le" : "latin1");
}

function textWords(length: number, isWide: boolean): number {
  return isWide ? (length + 1) >> 1 : (length + 3) >> 2;
}

function mixed(word: number): number {
  const product = Math.imul(word, 0x5bd1e995);
  return product ^ (product >>> 15);
}
