import type { ChangeLog, Stateful } from "../../core/state.ts";
import { type DistinctKey, endOfKey, KeyWords, keyIn, wordsOf } from "./key-words.ts";

/** Up to so many keys are looked for one by one: most windows of a key have few, and must stay small. */
const listedMax = 8;
/** So many keys are stored together. */
const chunkKeys = 256;

/** Keys are looked up so many together, once there are so many in the table: before that, it lies in the processor's cache anyway. */
const gatheredMax = 64;
const gatheringMin = 4096;

/** Keys in a hash table, by number: where each is, and its hash. */
class Table {
  readonly words = new KeyWords();
  places = new Int32Array(4 * listedMax);
  hashes = new Int32Array(4 * listedMax);
  /** Of each slot the number of its key plus one, in the bits that say which slot, above them the key's hash; 0 when free. */
  slots = new Int32Array(4 * listedMax);
  size = 0;
}

/** Keys that wait to be looked up, which lie behind those that the table has. */
class Gathered {
  size = 0;
  readonly hashes = new Int32Array(gatheredMax);
  /** Where each begins, and the last one ends. */
  readonly places = new Int32Array(gatheredMax + 1);
  /** What a look-up of each will read first. */
  readonly seen = new Int32Array(gatheredMax);
}

/**
 * Keys to small numbers, in order of arrival: 0, 1, 2, ... None is ever taken out. A hash table of one word a slot, at most half
 * full, linear probing: a look-up of a new key touches one place in memory, where a `Set` of V8 follows its chain through the
 * keys themselves. Unlike one it may also hold more than 2^24 keys. About 45 MB for a million keys of 19 letters.
 *
 * Stored as chunks of 256 keys, as they lie in memory: a checkpoint writes the new keys and at most 255 old ones.
 */
export class IdTable implements Stateful {
  /** The keys while they are few. */
  #listed: DistinctKey[] = [];
  #table: Table | undefined;
  #gathered: Gathered | undefined;
  #writtenSize = 0;
  /** Chunks that came back from a checkpoint, until all have. */
  #restoring: Map<number, Int32Array> | undefined;

  /** How many keys there are. */
  get size(): number {
    this.#settle();
    return this.#table?.size ?? this.#listed.length;
  }

  /** The key's number; a new one if it never came before. */
  idOf(key: DistinctKey): number {
    this.#settle();
    const table = this.#table;
    if (table === undefined) return this.#idInList(key);
    table.words.write(key);
    return lookUp(table);
  }

  /**
   * The same for one who does not ask which number it is: keys are gathered and looked up together, so that a processor waits for
   * memory once and not for each.
   */
  add(key: DistinctKey): void {
    const table = this.#table;
    if (table === undefined || table.size < gatheringMin) {
      this.idOf(key);
      return;
    }
    const { words } = table;
    this.#gathered ??= new Gathered();
    const gathered = this.#gathered;
    words.write(key);
    gathered.hashes[gathered.size] = words.hash;
    gathered.places[gathered.size++] = words.keep();
    if (gathered.size === gatheredMax) this.#settle();
  }

  /** Takes in all the keys that lie in words, and calls `each` with the number of every one. Throws a `RangeError` if they are cut off. */
  addAll(words: Int32Array, each?: (id: number) => void): void {
    this.#settle();
    for (let at = 0; at < words.length; ) {
      const end = endOfKey(words, at);
      const id = this.#idAt(words, at);
      each?.(id);
      at = end;
    }
  }

  /** Writes the key of that number to other words. */
  write(id: number, words: KeyWords): void {
    if (this.#table === undefined) words.write(this.#listed[id]!);
    else words.writeFrom(this.#table.words.words, this.#table.places[id]!);
  }

  /** All keys, in the order in which they came. May be iterated slowly while keys are added. */
  *keys(): Generator<DistinctKey> {
    for (let id = 0; id < this.size; id++) {
      yield this.#table === undefined ? this.#listed[id]! : this.#table.words.read(this.#table.places[id]!);
    }
  }

  collect(log: ChangeLog): void {
    if (this.#writtenSize === this.size) return;
    for (let chunk = Math.floor(this.#writtenSize / chunkKeys); chunk * chunkKeys < this.size; chunk++) {
      log.put(String(chunk), this.#chunk(chunk));
    }
    this.#writtenSize = this.size;
  }

  *entries(): Generator<readonly [string, Uint8Array]> {
    for (let chunk = 0; chunk * chunkKeys < this.size; chunk++) yield [String(chunk), this.#chunk(chunk)];
  }

  /** In any order; a chunk that has grown comes again. */
  apply(chunk: string, value: Uint8Array | undefined): void {
    this.#restoring ??= new Map();
    if (value === undefined) this.#restoring.delete(Number(chunk));
    else this.#restoring.set(Number(chunk), wordsOf(value));
  }

  /** Throws when a chunk is missing, since every number after it would be wrong. */
  restored(): void {
    const chunks = this.#restoring;
    this.#restoring = undefined;
    if (chunks === undefined) return;
    for (let i = 0; i < chunks.size; i++) {
      const words = chunks.get(i);
      if (words === undefined) throw new RangeError(`of a distinct count's keys, chunk ${i} is missing`);
      this.addAll(words);
    }
    this.#writtenSize = this.size;
  }

  /** The keys of a chunk, as they are stored. */
  #chunk(chunk: number): Uint8Array {
    const from = chunk * chunkKeys;
    const table = this.#table;
    if (table !== undefined) {
      const { places, words } = table;
      const to = from + chunkKeys;
      return words.bytes(places[from]!, to < table.size ? places[to]! : words.end);
    }
    const words = new KeyWords();
    for (const key of this.#listed) {
      words.write(key);
      words.keep();
    }
    return words.bytes(0, words.end);
  }

  /** Looks up what was gathered, in the order in which it came. */
  #settle(): void {
    const gathered = this.#gathered;
    if (gathered === undefined || gathered.size === 0) return;
    const table = this.#table!;
    const { hashes, places, size } = gathered;
    const { words } = table;
    gathered.size = 0;
    places[size] = words.end;
    touch(table, gathered, size);
    words.takeBack(places[0]!);
    for (let i = 0; i < size; i++) {
      words.writeAgain(places[i]!, places[i + 1]!, hashes[i]!);
      lookUp(table);
    }
  }

  #idAt(words: Int32Array, place: number): number {
    const table = this.#table;
    if (table === undefined) return this.#idInList(keyIn(words, place));
    table.words.writeFrom(words, place);
    return lookUp(table);
  }

  #idInList(key: DistinctKey): number {
    const known = this.#listed.indexOf(key);
    if (known !== -1) return known;
    if (this.#listed.push(typeof key === "string" ? key : key + 0) > listedMax) {
      const table = new Table();
      for (const one of this.#listed) {
        table.words.write(one);
        lookUp(table);
      }
      this.#table = table;
      this.#listed = [];
    }
    return this.size - 1;
  }
}

/**
 * Reads what look-ups will read, for all of them slot by slot, then place by place, then key by key: the reads of one kind do not depend on
 * each other, so that the processor has many under way at once.
 */
function touch({ slots, places, words: { words } }: Table, { hashes, seen }: Gathered, size: number): void {
  const mask = slots.length - 1;
  for (let i = 0; i < size; i++) seen[i] = slots[hashes[i]! & mask]!;
  for (let i = 0; i < size; i++) {
    const slot = seen[i]!;
    const isLikely = slot !== 0 && ((slot ^ hashes[i]!) & ~mask) === 0;
    seen[i] = isLikely ? places[(slot & mask) - 1]! : 0;
  }
  for (let i = 0; i < size; i++) seen[i] = words[seen[i]!]!;
}

/** The number of the key that was written last to the table's words, where it is then kept. */
function lookUp(table: Table): number {
  const { words, slots, places } = table;
  const { hash } = words;
  const mask = slots.length - 1;
  let at = hash & mask;
  for (;;) {
    const slot = slots[at]!;
    if (slot === 0) break;
    if (((slot ^ hash) & ~mask) === 0) {
      const id = (slot & mask) - 1;
      if (words.isAt(places[id]!)) return id;
    }
    at = (at + 1) & mask;
  }
  const id = table.size++;
  slots[at] = (hash & ~mask) | (id + 1);
  places[id] = words.keep();
  table.hashes[id] = hash;
  if (table.size * 2 > mask) grow(table);
  return id;
}

/** Twice as many slots. The keys themselves are not looked at. */
function grow(table: Table): void {
  const { size, hashes } = table;
  const slots = new Int32Array(2 * table.slots.length);
  const mask = slots.length - 1;
  for (let id = 0; id < size; id++) {
    const hash = hashes[id]!;
    let at = hash & mask;
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = (hash & ~mask) | (id + 1);
  }
  table.slots = slots;
  table.places = longer(table.places, slots.length / 2);
  table.hashes = longer(hashes, slots.length / 2);
}

function longer(numbers: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(length);
  more.set(numbers);
  return more;
}
