import { type DistinctKey, KeyChunks } from "./key-chunks.ts";
import { KeyWords } from "./key-words.ts";

/** Up to so many keys are looked for one by one: most windows of a key have few, and must stay small. */
const listedMax = 8;

/** Keys in a hash table, by number: where each is, and its hash. */
class Table {
  readonly words = new KeyWords();
  places = new Int32Array(4 * listedMax);
  hashes = new Int32Array(4 * listedMax);
  /** Of each slot the number of its key plus one, in the bits that say which slot, above them the key's hash; 0 when free. */
  slots = new Int32Array(4 * listedMax);
  size = 0;
}

/**
 * Keys to small numbers, in order of arrival: 0, 1, 2, ... A hash table of one word a slot, at most half full, linear
 * probing: a look-up of a new key touches one place in memory, where a `Set` of V8 follows its chain through the keys
 * themselves. Unlike one it may also hold more than 2^24 keys. About 45 MB for a million keys of 19 letters.
 */
export class IdTable extends KeyChunks {
  /** The keys while they are few. */
  #listed: DistinctKey[] = [];
  #table: Table | undefined;

  /** The key's number; a new one if it never came before. */
  idOf(key: DistinctKey): number {
    const table = this.#table;
    if (table === undefined) return this.#idInList(key);
    const before = table.size;
    const id = idIn(table, key);
    if (id === before) this.added(key);
    return id;
  }

  /** The key of that number. */
  key(id: number): DistinctKey {
    return this.#table === undefined ? this.#listed[id]! : this.#table.words.read(this.#table.places[id]!);
  }

  *keys(): Generator<DistinctKey> {
    for (let id = 0; id < this.size; id++) yield this.key(id);
  }

  protected append(key: DistinctKey): void {
    this.idOf(key);
  }

  #idInList(key: DistinctKey): number {
    const known = this.#listed.indexOf(key);
    if (known !== -1) return known;
    if (this.#listed.push(typeof key === "string" ? key : key + 0) > listedMax) {
      this.#table = new Table();
      for (const one of this.#listed) idIn(this.#table, one);
      this.#listed = [];
    }
    return this.added(key);
  }
}

function idIn(table: Table, key: DistinctKey): number {
  const { words, slots, places } = table;
  words.write(key);
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
