import type { Stateful } from "../../core/state.ts";

/**
 * How the slots of a family lie: `alone`: slot 0 is the only one there ever is. `nested`: slot 0 is in every `add`, so that
 * it has what is stored for all. `overlapping`: any slots, in any combination.
 */
export type Sharing = "alone" | "nested" | "overlapping";

/**
 * What windows compute of the records in them. A description: it may be used in many steps and runs.
 *
 * State is kept by *family*: some windows of one key that share what they store, each of them a *slot* (a small number) of
 * the family. The minutes and hours of a day are one family: what they have in common is stored once, and forgotten
 * with the day. A window of which no other knows is a family with one slot.
 */
export interface Aggregate<in In, out Out> {
  /** Its kind, for people: `"distinct"`. */
  readonly kind: string;
  /** Changes whenever stored state can no longer be read. */
  readonly version: string;
  /**
   * What the aggregate takes of a record. Throws when it is nothing that it can take: the record is then in no aggregate of
   * the step, and the step's error policy decides what becomes of it.
   */
  readonly input: (value: In) => unknown;
  /** A new family. */
  family(sharing: Sharing): AggregateFamily<Out>;
}

/**
 * The state of one family. Slots begin empty, without being announced.
 *
 * - `add` adds one record's `input` to the first `count` of `slots`, which differ from each other.
 * - `result` is plain data, JSON, in memory that the family does not change later.
 * - `free` says that a slot's window is over. The number may come again, and is empty then.
 * - `absorb` adds what slot 0 of another family of the same aggregate has to slot 0 of this one; the other is not used after.
 * - `save` gives a slot's own state as JSON data; it is written whole, together with the window, whenever the window changed.
 *   `load` takes it back, before anything else is called for that slot.
 * - `parts` is for state too large for that, or shared by slots; see {@link Stateful}. Its keys are its own. It is told of
 *   changed slots only by `add` and `free`; what it deletes without ever having put is ignored, and when the whole family
 *   is over, its entries are deleted for it. `restored` is called for families that come out of a checkpoint only.
 * - `handOver` gives what was added to a slot since it was handed over last, for `takeOver` of a family elsewhere; several such
 *   parts, from whatever families, come to the same as all records in one. Pieces are of {@link pieceBytesMax} or so.
 *   What a piece has counts as handed over when it is yielded, so that a checkpoint may come between two. More may be added then
 *   too, and comes with this call or the next. A slot that is handed over is asked for no `result`.
 */
export interface AggregateFamily<out Out> {
  add(input: unknown, slots: readonly number[], count: number): void;
  result(slot: number): Out;
  free(slot: number): void;
  absorb(other: AggregateFamily<unknown>): void;
  save(slot: number): unknown;
  load(slot: number, saved: unknown): void;
  readonly parts?: Stateful | undefined;
  handOver(slot: number): Iterable<Uint8Array>;
  takeOver(slot: number, piece: Uint8Array): void;
}

/** How large a piece of what is handed over may grow, about. A key or the like that is longer is a piece of its own. */
export const pieceBytesMax = 256 * 1024;

/** How one slot's state works, for aggregates whose slots share nothing. `load` undoes `save`, which gives JSON data. */
export interface SlotRule<S, Input, Out> {
  empty(): S;
  add(state: S, input: Input): void;
  merge(state: S, other: S): void;
  result(state: S): Out;
  save(state: S): unknown;
  load(saved: unknown): S;
  /** Given where `save` may give more than a piece holds: cuts it into what fits and, if there is more, the rest. */
  cut?(saved: unknown): readonly [head: unknown, rest?: unknown];
}

/** What JSON text in bytes says. */
export function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
}

/** A family whose slots share nothing: each has a state of its own. The shortest way to an aggregate. */
export function slotFamily<S, Input, Out>(rule: SlotRule<S, Input, Out>): AggregateFamily<Out> {
  return new SlotFamily(rule);
}

class SlotFamily<S, Input, Out> implements AggregateFamily<Out> {
  readonly #rule: SlotRule<S, Input, Out>;
  // Most families have one slot: without an array, a window of one of a million keys is a third smaller.
  #first: S | undefined;
  #others: (S | undefined)[] | undefined;

  constructor(rule: SlotRule<S, Input, Out>) {
    this.#rule = rule;
  }

  add(input: Input, slots: readonly number[], count: number): void {
    for (let i = 0; i < count; i++) this.#rule.add(this.#slot(slots[i]!), input);
  }

  result(slot: number): Out {
    return this.#rule.result(this.#slot(slot));
  }

  free(slot: number): void {
    if (slot === 0) this.#first = undefined;
    else if (this.#others !== undefined) this.#others[slot] = undefined;
  }

  absorb(other: AggregateFamily<unknown>): void {
    this.#rule.merge(this.#slot(0), (other as SlotFamily<S, Input, Out>).#slot(0));
  }

  /** A slot that has nothing is stored as null: once handed over, it has not. */
  save(slot: number): unknown {
    const state = this.#stored(slot);
    return state === undefined ? null : this.#rule.save(state);
  }

  load(slot: number, saved: unknown): void {
    if (saved === null) return;
    const state = this.#rule.load(saved);
    if (slot === 0) this.#first = state;
    else (this.#others ??= [])[slot] = state;
  }

  *handOver(slot: number): Generator<Uint8Array> {
    const { save, cut } = this.#rule;
    for (let state = this.#stored(slot); state !== undefined; state = this.#stored(slot)) {
      const saved = save(state);
      const [head, rest] = cut === undefined ? [saved] : cut(saved);
      this.free(slot);
      if (rest !== undefined) this.load(slot, rest);
      yield Buffer.from(JSON.stringify(head));
    }
  }

  takeOver(slot: number, piece: Uint8Array): void {
    this.#rule.merge(this.#slot(slot), this.#rule.load(jsonOf(piece)));
  }

  #stored(slot: number): S | undefined {
    return slot === 0 ? this.#first : this.#others?.[slot];
  }

  #slot(slot: number): S {
    if (slot === 0) return (this.#first ??= this.#rule.empty());
    this.#others ??= [];
    return (this.#others[slot] ??= this.#rule.empty());
  }
}
