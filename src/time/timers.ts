import { MillraceError } from "../core/errors.ts";
import type { ChangeLog, Stateful } from "../core/state.ts";
import { packed, unpacked } from "./packed.ts";

/** A timer that is due. */
export interface DueTimer {
  readonly key: unknown;
  readonly name: string;
  /** The time it was set for, in milliseconds. */
  readonly time: number;
}

interface SetTimer extends DueTimer {
  readonly text: string;
  /** Counts up with each timer set: the order among timers of one time. */
  readonly order: number;
  /** Its place in the heap. */
  place: number;
}

type StoredTimer = readonly [time: number, order: number, name: string, key: unknown];

/**
 * The timers of a keyed step, in event time or in the clock's: one time for each key and name. Pending timers are state;
 * a checkpoint writes those set, moved, cancelled or fired since the last. Setting, cancelling and taking cost `log n`
 * (a binary heap whose entries know their places). Keys are strings, numbers, bigints, booleans, null or undefined; at
 * others a `TypeError` is thrown.
 */
export class Timers implements Stateful {
  readonly #byText = new Map<string, SetTimer>();
  readonly #heap: SetTimer[] = [];
  /** Timers changed since the last `collect`, and whether they may be stored. */
  readonly #changed = new Map<string, boolean>();
  #watched = true;
  #order = 0;

  /** How many are pending. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest time for which one is set; infinity when there is none. */
  get next(): number {
    return this.#heap[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  /** Sets the key's timer of that name, in place of the one set before. At the same time as that one, it keeps its turn. */
  set(key: unknown, name: string, time: number): void {
    if (!Number.isFinite(time)) throw new MillraceError("ML1002", { message: `a timer cannot be set for ${time}` });
    const text = textOf(key, name);
    const before = this.#byText.get(text);
    if (before?.time === time) return;
    this.#touch(text, before);
    if (before !== undefined) this.#remove(before);
    this.#insert({ key, name, time, text, order: this.#order++, place: 0 });
  }

  /** Whether there was such a timer; there is none now. */
  cancel(key: unknown, name: string): boolean {
    const timer = this.#byText.get(textOf(key, name));
    if (timer === undefined) return false;
    this.#touch(timer.text, timer);
    this.#remove(timer);
    return true;
  }

  /** The time for which that timer is set, undefined when it is not. */
  get(key: unknown, name: string): number | undefined {
    return this.#byText.get(textOf(key, name))?.time;
  }

  /**
   * The timers set for `time` or before, each taken as it is yielded: by their times, and those of one time in the order
   * they were set. Timers set or cancelled meanwhile count: one that always sets itself for a time already due never ends.
   */
  *due(time: number): Generator<DueTimer, void, undefined> {
    for (let timer = this.#heap[0]; timer !== undefined && timer.time <= time; timer = this.#heap[0]) {
      this.#touch(timer.text, timer);
      this.#remove(timer);
      yield timer;
    }
  }

  collect(log: ChangeLog): void {
    for (const [text, stored] of this.#changed) {
      const timer = this.#byText.get(text);
      if (timer !== undefined) log.put(text, bytesOf(timer));
      else if (stored) log.delete(text);
    }
    this.#changed.clear();
  }

  *entries(): Iterable<readonly [string, Uint8Array]> {
    let left = this.#byText.size;
    for (const timer of this.#byText.values()) {
      if (left-- === 0) return;
      // What has been shown may be stored, and must be deleted when it goes.
      if (this.#changed.has(timer.text)) this.#changed.set(timer.text, true);
      yield [timer.text, bytesOf(timer)];
    }
  }

  unwatched(): void {
    this.#watched = false;
  }

  apply(text: string, value: Uint8Array | undefined): void {
    const before = this.#byText.get(text);
    if (before !== undefined) this.#remove(before);
    if (value === undefined) return;
    const [time, order, name, key] = unpacked(value) as StoredTimer;
    this.#insert({ key, name, time, text, order, place: 0 });
    this.#order = Math.max(this.#order, order + 1);
  }

  #touch(text: string, before: SetTimer | undefined): void {
    if (this.#watched && !this.#changed.has(text)) this.#changed.set(text, before !== undefined);
  }

  #insert(timer: SetTimer): void {
    this.#byText.set(timer.text, timer);
    this.#heap.push(timer);
    this.#up(this.#heap.length - 1, timer);
  }

  #remove(timer: SetTimer): void {
    this.#byText.delete(timer.text);
    const last = this.#heap.pop()!;
    if (last === timer) return;
    if (timer.place > 0 && before(last, this.#heap[(timer.place - 1) >> 1]!)) this.#up(timer.place, last);
    else this.#down(timer.place, last);
  }

  /** Puts `timer` at `place` or, as far as it comes before those there, above it. */
  #up(place: number, timer: SetTimer): void {
    let at = place;
    while (at > 0) {
      const parent = this.#heap[(at - 1) >> 1]!;
      if (!before(timer, parent)) break;
      this.#put(at, parent);
      at = (at - 1) >> 1;
    }
    this.#put(at, timer);
  }

  /** Puts `timer` at `place` or, as far as it comes after those there, below it. */
  #down(place: number, timer: SetTimer): void {
    let at = place;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && before(this.#heap[child + 1]!, this.#heap[child]!)) child += 1;
      if (!before(this.#heap[child]!, timer)) break;
      this.#put(at, this.#heap[child]!);
      at = child;
    }
    this.#put(at, timer);
  }

  #put(place: number, timer: SetTimer): void {
    this.#heap[place] = timer;
    timer.place = place;
  }
}

function before(a: SetTimer, b: SetTimer): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

/** One text for each timer: the name's length, the name, the key's type, the key. */
function textOf(key: unknown, name: string): string {
  return `${name.length}:${name}${keyText(key)}`;
}

function keyText(key: unknown): string {
  // Half a surrogate pair has no UTF-8: several such keys would become one.
  if (typeof key === "string") return key.isWellFormed() ? `string ${key}` : `escaped ${JSON.stringify(key)}`;
  if (key !== null && /object|function|symbol/.test(typeof key)) {
    throw new TypeError(`a timer's key cannot be of type ${typeof key}: use a string, a number or another primitive`);
  }
  return `${typeof key} ${String(key)}`;
}

function bytesOf(timer: SetTimer): Uint8Array {
  return packed([timer.time, timer.order, timer.name, timer.key] satisfies StoredTimer);
}
