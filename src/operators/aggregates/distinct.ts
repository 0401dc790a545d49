import type { ChangeLog, Stateful } from "../../core/state.ts";
import type { Aggregate, AggregateFamily } from "./aggregate.ts";
import { IdTable } from "./id-table.ts";
import { KeyPiece } from "./key-pieces.ts";
import { type DistinctKey, wordsOf } from "./key-words.ts";
import { SlotPages } from "./slot-pages.ts";

/**
 * How many different keys there are in the window, exactly. Keys are text or finite numbers, and the number 5 is not the
 * text "5"; anything else fails the record.
 *
 * Windows that nest share one table of keys: a day, its hours and its minutes hold each key once, and the smaller windows
 * that are open a bit for each of the day's keys. That is about 45 MB for a million keys of 19 letters and as many in
 * each of the smaller windows 128 KB.
 */
export function distinct<In>(of: (value: In) => DistinctKey): Aggregate<In, number> {
  return {
    kind: "distinct",
    version: "2",
    input: (value) => distinctKey(of(value)),
    family: (sharing) => (sharing === "alone" ? new DistinctAlone() : new DistinctFamily(sharing === "nested")),
  };
}

/** The key if it is one that can be told apart; throws a `TypeError` otherwise. */
export function distinctKey(key: DistinctKey): DistinctKey {
  if (typeof key === "string" || Number.isFinite(key)) return key;
  throw new TypeError(`a key to be told apart must be text or a finite number, not ${String(key)}`);
}

/** The state of `distinct` for a window that shares with none: the keys. */
class DistinctAlone implements AggregateFamily<number> {
  readonly parts = new IdTable();
  /** Keys that were handed over: those that came first. */
  #handed = 0;

  add(key: DistinctKey): void {
    this.parts.add(key);
  }

  result(): number {
    return this.parts.size;
  }

  free(): void {}

  absorb(other: AggregateFamily<unknown>): void {
    for (const key of (other as DistinctAlone).parts.keys()) this.parts.add(key);
  }

  save(): unknown {
    return this.#handed;
  }

  load(_slot: number, saved: unknown): void {
    this.#handed = Number(saved);
  }

  *handOver(): Generator<Uint8Array> {
    for (const { upTo, piece } of newKeys(this.parts, this.#handed)) {
      this.#handed = upTo;
      yield piece;
    }
  }

  takeOver(_slot: number, piece: Uint8Array): void {
    this.parts.addAll(wordsOf(piece));
  }
}

/** The keys from number `from` on, in pieces, each with the number up to which it goes. */
function* newKeys(ids: IdTable, from: number): Generator<{ readonly upTo: number; readonly piece: Uint8Array }> {
  const piece = new KeyPiece();
  for (let id = from; id < ids.size; ) {
    piece.add(ids, id++);
    if (piece.isFull || id === ids.size) yield { upTo: id, piece: piece.take() };
  }
}

/** The state of `distinct` for windows that share: a table of keys, and a bitmap over it for each slot but one that has all. */
export class DistinctFamily implements AggregateFamily<number>, Stateful {
  readonly #nested: boolean;
  readonly #ids = new IdTable();
  readonly #members = new SlotPages();
  /** Keys in each slot: of the one that has all, those that were handed over. */
  readonly #counts: number[] = [];
  readonly parts: Stateful = this;

  constructor(nested: boolean) {
    this.#nested = nested;
  }

  /** Keys stored, whatever the number of slots. */
  get stored(): number {
    return this.#ids.size;
  }

  add(key: DistinctKey, slots: readonly number[], count: number): void {
    const id = this.#ids.idOf(key);
    for (let i = 0; i < count; i++) this.#mark(slots[i]!, id);
  }

  result(slot: number): number {
    return slot === 0 && this.#nested ? this.#ids.size : (this.#counts[slot] ?? 0);
  }

  free(slot: number): void {
    this.#members.free(slot);
    this.#counts[slot] = 0;
  }

  /** Never asked for: only sessions join, and they are alone. */
  absorb(): void {
    throw new Error("windows that share their keys do not join");
  }

  save(slot: number): unknown {
    return this.#counts[slot] ?? 0;
  }

  load(slot: number, saved: unknown): void {
    this.#counts[slot] = Number(saved);
  }

  *handOver(slot: number): Generator<Uint8Array> {
    if (slot !== 0 || !this.#nested) {
      yield* this.#handOverMembers(slot);
      return;
    }
    for (const { upTo, piece } of newKeys(this.#ids, this.#counts[0] ?? 0)) {
      this.#counts[0] = upTo;
      yield piece;
    }
  }

  takeOver(slot: number, piece: Uint8Array): void {
    this.#ids.addAll(wordsOf(piece), (id) => this.#mark(slot, id));
  }

  /** What is handed over is no longer marked: a key that comes again is handed over again, which changes nothing there. */
  *#handOverMembers(slot: number): Generator<Uint8Array> {
    const pages = this.#members.of(slot);
    const piece = new KeyPiece();
    while ((this.#counts[slot] ?? 0) > 0) {
      for (let index = 0; index < pages.bytes.length; index++) {
        if (pages.bytes[index] !== 0) this.#unmark(slot, index, piece);
        if (piece.isFull) yield piece.take();
      }
      if (!piece.isEmpty) yield piece.take();
    }
  }

  /** Takes eight keys' marks away, and the keys into `piece`. */
  #unmark(slot: number, index: number, piece: KeyPiece): void {
    const pages = this.#members.of(slot);
    for (let bit = 0; bit < 8; bit++) {
      if ((pages.bytes[index]! & (1 << bit)) === 0) continue;
      piece.add(this.#ids, index * 8 + bit);
      this.#counts[slot]! -= 1;
    }
    pages.bytes[index] = 0;
    pages.touch(index);
  }

  collect(log: ChangeLog): void {
    this.#ids.collect(prefixed(log, "k/"));
    this.#members.collect(prefixed(log, "b/"));
  }

  *entries(): Generator<readonly [string, Uint8Array]> {
    for (const [key, value] of this.#ids.entries()) yield [`k/${key}`, value];
    for (const [key, value] of this.#members.entries()) yield [`b/${key}`, value];
  }

  apply(key: string, value: Uint8Array | undefined): void {
    (key.startsWith("k/") ? this.#ids : this.#members).apply(key.slice(2), value);
  }

  restored(): void {
    this.#ids.restored();
  }

  #mark(slot: number, id: number): void {
    if (slot === 0 && this.#nested) return;
    const pages = this.#members.of(slot);
    const index = id >>> 3;
    if (index >= pages.bytes.length) pages.grow(index + 1);
    const bit = 1 << (id & 7);
    if ((pages.bytes[index]! & bit) !== 0) return;
    pages.bytes[index]! |= bit;
    pages.touch(index);
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }
}

function prefixed(log: ChangeLog, prefix: string): ChangeLog {
  return { put: (key, value) => log.put(prefix + key, value), delete: (key) => log.delete(prefix + key) };
}
