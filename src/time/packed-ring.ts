import { ByteArena } from "./byte-arena.ts";

const firstSlots = 64;
/** Slots above this are given back when nothing is in them. */
const keptSlotsMax = 8_192;

/** What a record in a {@link PackedRing} is, besides its number. */
export interface PackedRecord<Info> {
  /** Valid until the next call that puts or takes, when they are the ring's own. */
  readonly bytes: Uint8Array;
  /** What the record weighs for whoever put it in. */
  readonly weight: number;
  readonly atMs: number;
  /** Should be one object for many records: each keeps eight bytes of it. */
  readonly info: Info;
}

/** Marks of a record, for whoever put it in; they add up. */
export type Marks = number;

/** The columns of a table with a row for each slot: numbers of records plus 1, so that 0 stands for none. */
class Slots<Info> {
  readonly mask: number;
  readonly numbers: Float64Array;
  readonly earlier: Float64Array;
  readonly later: Float64Array;
  readonly atMs: Float64Array;
  readonly weights: Float64Array;
  readonly addresses: Float64Array;
  readonly lengths: Uint32Array;
  readonly marks: Uint8Array;
  readonly infos: (Info | undefined)[];

  constructor(size: number) {
    this.mask = size - 1;
    this.numbers = new Float64Array(size);
    this.earlier = new Float64Array(size);
    this.later = new Float64Array(size);
    this.atMs = new Float64Array(size);
    this.weights = new Float64Array(size);
    this.addresses = new Float64Array(size);
    this.lengths = new Uint32Array(size);
    this.marks = new Uint8Array(size);
    this.infos = new Array(size).fill(undefined);
  }

  copyRow(from: Slots<Info>, at: number): void {
    const to = (from.numbers[at]! - 1) & this.mask;
    this.numbers[to] = from.numbers[at]!;
    this.earlier[to] = from.earlier[at]!;
    this.later[to] = from.later[at]!;
    this.atMs[to] = from.atMs[at]!;
    this.weights[to] = from.weights[at]!;
    this.addresses[to] = from.addresses[at]!;
    this.lengths[to] = from.lengths[at]!;
    this.marks[to] = from.marks[at]!;
    this.infos[to] = from.infos[at];
  }
}

/**
 * What a {@link ReorderRing} is, for records that are bytes: 61 bytes a slot and their own instead of objects, which take several times as
 * much and are looked at in every collection of the heap. For the many that wait behind a hole; for a few that soon leave objects are faster.
 */
export class PackedRing<Info> {
  #slots = new Slots<Info>(firstSlots);
  #arena = new ByteArena();
  #size = 0;
  #highest = Number.NEGATIVE_INFINITY;
  /** The numbers of those put in first and last, plus 1. */
  #oldest = 0;
  #newest = 0;

  get size(): number {
    return this.#size;
  }

  /** The highest number in it; minus infinity when it is empty. */
  get highest(): number {
    return this.#highest;
  }

  /** When the one was put in that was put in first, of those in it; infinity when it is empty. */
  get oldestMs(): number {
    return this.#oldest === 0 ? Number.POSITIVE_INFINITY : this.#slots.atMs[(this.#oldest - 1) & this.#slots.mask]!;
  }

  has(number: number): boolean {
    return this.#slots.numbers[number & this.#slots.mask] === number + 1;
  }

  /** Puts in a copy of a record whose number is not there yet; `lowest` is the lowest number that may be there. */
  put(number: number, { bytes, weight, atMs, info }: PackedRecord<Info>, lowest: number, marks: Marks = 0): void {
    while (Math.max(number, this.#highest) - lowest > this.#slots.mask) this.#grow();
    const slots = this.#slots;
    const at = number & slots.mask;
    slots.numbers[at] = number + 1;
    slots.earlier[at] = this.#newest;
    slots.later[at] = 0;
    slots.atMs[at] = atMs;
    slots.weights[at] = weight;
    slots.addresses[at] = this.#arena.add(bytes);
    slots.lengths[at] = bytes.length;
    slots.marks[at] = marks;
    slots.infos[at] = info;
    if (this.#newest === 0) this.#oldest = number + 1;
    else slots.later[(this.#newest - 1) & slots.mask] = number + 1;
    this.#newest = number + 1;
    this.#size += 1;
    if (number > this.#highest) this.#highest = number;
  }

  /** The record of a number that is there. */
  get(number: number): PackedRecord<Info> {
    const slots = this.#slots;
    const at = number & slots.mask;
    return {
      bytes: this.#arena.view(slots.addresses[at]!, slots.lengths[at]!),
      weight: slots.weights[at]!,
      atMs: slots.atMs[at]!,
      info: slots.infos[at]!,
    };
  }

  /** Lets the record of a number go that is there. */
  remove(number: number): void {
    const slots = this.#slots;
    const at = number & slots.mask;
    const [earlier, later] = [slots.earlier[at]!, slots.later[at]!];
    if (earlier === 0) this.#oldest = later;
    else slots.later[(earlier - 1) & slots.mask] = later;
    if (later === 0) this.#newest = earlier;
    else slots.earlier[(later - 1) & slots.mask] = earlier;
    this.#arena.remove(slots.addresses[at]!);
    slots.numbers[at] = 0;
    slots.infos[at] = undefined;
    this.#size -= 1;
    if (this.#size === 0) this.#emptied();
  }

  marksOf(number: number): Marks {
    return this.#slots.marks[number & this.#slots.mask]!;
  }

  mark(number: number, marks: Marks): void {
    this.#slots.marks[number & this.#slots.mask]! |= marks;
  }

  /** The numbers from the one put in last to the one put in first; nothing may be put in or taken out meanwhile. */
  *newestFirst(): Generator<number> {
    for (let next = this.#newest; next !== 0; next = this.#slots.earlier[(next - 1) & this.#slots.mask]!)
      yield next - 1;
  }

  #emptied(): void {
    this.#highest = Number.NEGATIVE_INFINITY;
    if (this.#slots.mask < keptSlotsMax) return;
    this.#slots = new Slots(firstSlots);
    this.#arena = new ByteArena();
  }

  #grow(): void {
    const before = this.#slots;
    const slots = new Slots<Info>(2 * (before.mask + 1));
    for (let at = 0; at <= before.mask; at++) if (before.numbers[at] !== 0) slots.copyRow(before, at);
    this.#slots = slots;
  }
}
