/** What waits in a {@link ReorderRing}: made once, put in once, taken out once. The ring alone writes what is not readonly. */
export interface RingEntry {
  readonly number: number;
  /** Neighbours in the order in which entries were put in; undefined at first. */
  earlier: RingEntry | undefined;
  later: RingEntry | undefined;
  /** False at first. */
  inRing: boolean;
}

const firstSlots = 64;

/**
 * Entries with numbers that lie within a window, by number: a slot is `number` modulo the number of slots, so that putting,
 * finding and taking cost the same however many there are, where a heap pays for its depth. Slots double as the window that is
 * really used widens. It also knows which entry was put in first. How wide the window may be, and with it the memory, is the
 * caller's business: slots are at most twice the widest span from `lowest` to the highest number put in.
 */
export class ReorderRing<E extends RingEntry> {
  #slots: (E | undefined)[] = new Array(firstSlots).fill(undefined);
  #mask = firstSlots - 1;
  #size = 0;
  #highest = Number.NEGATIVE_INFINITY;
  #oldest: E | undefined;
  #newest: E | undefined;

  get size(): number {
    return this.#size;
  }

  /** The highest number in it; minus infinity when it is empty. */
  get highest(): number {
    return this.#highest;
  }

  /** Of those in it, the entry that was put in first. */
  get oldest(): E | undefined {
    return this.#oldest;
  }

  has(number: number): boolean {
    return this.#slots[number & this.#mask]?.number === number;
  }

  /** Puts in an entry whose number is not there yet; `lowest` is the lowest number that may be there. */
  put(entry: E, lowest: number): void {
    while (Math.max(entry.number, this.#highest) - lowest > this.#mask) this.#grow();
    this.#slots[entry.number & this.#mask] = entry;
    this.#size += 1;
    if (entry.number > this.#highest) this.#highest = entry.number;
    entry.inRing = true;
    entry.earlier = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.later = entry;
    this.#newest = entry;
  }

  /** Takes out the entry of that number; undefined when there is none. */
  take(number: number): E | undefined {
    const slot = number & this.#mask;
    const entry = this.#slots[slot];
    if (entry === undefined || entry.number !== number) return undefined;
    this.#slots[slot] = undefined;
    this.#size -= 1;
    if (this.#size === 0) this.#highest = Number.NEGATIVE_INFINITY;
    this.#unlink(entry);
    return entry;
  }

  /** From the one put in last to the one put in first; nothing may be put in or taken out meanwhile. */
  *newestFirst(): Generator<E> {
    for (let entry = this.#newest; entry !== undefined; entry = entry.earlier as E | undefined) yield entry;
  }

  /** Lets go of the neighbours too: a chain of dead entries would keep the living from being collected cheaply. */
  #unlink(entry: E): void {
    const { earlier, later } = entry;
    if (earlier === undefined) this.#oldest = later as E | undefined;
    else earlier.later = later;
    if (later === undefined) this.#newest = earlier as E | undefined;
    else later.earlier = earlier;
    entry.earlier = undefined;
    entry.later = undefined;
    entry.inRing = false;
  }

  #grow(): void {
    const before = this.#slots;
    const slots: (E | undefined)[] = new Array(before.length * 2).fill(undefined);
    const mask = slots.length - 1;
    for (const entry of before) if (entry !== undefined) slots[entry.number & mask] = entry;
    this.#slots = slots;
    this.#mask = mask;
  }
}
