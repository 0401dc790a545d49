import type { ChangeLog, Stateful } from "../core/state.ts";
import { type HeldRecord, type PackedRecord, packRecord, unpackRecord } from "./held-record.ts";
import { packed, unpacked } from "./packed.ts";

/** What waits in a {@link HeldQueue}: a record, a watermark in its place, or the news that the input fell silent. */
export type HeldItem = HeldRecord | number | "idle";

/** Items in the order they came, as state: a checkpoint writes those that came since the last, and deletes those that went. */
export class HeldQueue implements Stateful {
  #items: HeldItem[] = [];
  /** Where in `#items` the first lies: those before it are gone. */
  #head = 0;
  /** The number of the first item; items are numbered as they come, and stored under their numbers. */
  #firstNumber = 0;
  /** What is stored: the items from `#storedFrom` up to but not `#storedTo`. */
  #storedFrom = 0;
  #storedTo = 0;
  /** Up to but not this item, `entries` has shown items that may not be stored: those too must be deleted when they go. */
  #shownTo = 0;
  #restoring = new Map<number, HeldItem>();
  readonly #onRestored: () => void;

  /** `onRestored` is called when the state is back, or there was none. */
  constructor(onRestored: () => void) {
    this.#onRestored = onRestored;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** What came first; the queue must not be empty. */
  get first(): HeldItem {
    return this.#items[this.#head]!;
  }

  push(item: HeldItem): void {
    this.#items.push(item);
  }

  /** Lets go of the first. */
  shift(): void {
    this.#head += 1;
    this.#firstNumber += 1;
    if (2 * this.#head < this.#items.length) return;
    this.#items.splice(0, this.#head);
    this.#head = 0;
  }

  collect(log: ChangeLog): void {
    const end = this.#firstNumber + this.size;
    const shownTo = Math.max(this.#storedTo, this.#shownTo);
    for (let number = this.#storedFrom; number < Math.min(this.#firstNumber, shownTo); number++) {
      log.delete(String(number));
    }
    for (let number = Math.max(this.#firstNumber, this.#storedTo); number < end; number++) {
      log.put(String(number), itemBytes(this.#at(number)!));
    }
    this.#storedFrom = this.#firstNumber;
    this.#storedTo = end;
  }

  *entries(): Iterable<readonly [string, Uint8Array]> {
    const end = this.#firstNumber + this.size;
    for (let number = this.#firstNumber; number < end; number++) {
      const item = this.#at(number);
      if (item === undefined) continue;
      this.#shownTo = Math.max(this.#shownTo, number + 1);
      yield [String(number), itemBytes(item)];
    }
  }

  apply(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#restoring.delete(Number(key));
    else this.#restoring.set(Number(key), itemOf(value));
  }

  restored(): void {
    const sorted = [...this.#restoring].sort(([a], [b]) => a - b);
    this.#restoring = new Map();
    this.#firstNumber = this.#storedFrom = sorted[0]?.[0] ?? 0;
    this.#items = sorted.map(([, item]) => item);
    this.#storedTo = this.#firstNumber + this.#items.length;
    this.#onRestored();
  }

  /** Undefined when that item is gone. */
  #at(number: number): HeldItem | undefined {
    return number < this.#firstNumber ? undefined : this.#items[this.#head + number - this.#firstNumber];
  }
}

function itemBytes(item: HeldItem): Uint8Array {
  return packed(typeof item === "object" ? packRecord(item) : item);
}

function itemOf(bytes: Uint8Array): HeldItem {
  const data = unpacked(bytes) as PackedRecord | number | "idle";
  return typeof data === "object" ? unpackRecord(data) : data;
}
