import type { KeyedStore } from "millrace";
import type { NumberSet } from "./number-set.ts";
import { Seats } from "./seats.ts";

/**
 * Users by number, so that a follower costs a bit or a number and not a text. A user has a number for as long as somebody uses
 * it; after that the number is another's. Whose each number is stands in a store; how often it is used is counted anew in each run.
 */
export class UserNumbers {
  readonly #store: KeyedStore<string, number>;
  readonly #numbers = new Map<string, number>();
  readonly #uses: number[] = [];
  readonly #free: number[] = [];
  #seats = new Seats([], () => -1);

  constructor(store: KeyedStore<string, number>) {
    this.#store = store;
  }

  /** Takes up what the store has, given all sets of numbers that are in use. To be called once, before anything else. */
  begin(used: Iterable<NumberSet>): void {
    for (const [number, id] of this.#store) {
      this.#numbers.set(id, number);
      this.#reach(number);
    }
    for (const numbers of used) {
      numbers.forEach((number) => {
        this.#uses[number]! += 1;
      });
    }
    for (const [number, uses] of this.#uses.entries()) if (uses === 0) this.#letGo(number);
  }

  /** The user's number; -1 when it has none. */
  of(id: string): number {
    return this.#numbers.get(id) ?? -1;
  }

  /** The numbers of these ids. They are looked up once for as long as the same list is asked for. */
  seatsOf(ids: readonly string[]): Seats {
    if (this.#seats.ids !== ids) this.#seats = new Seats(ids, (id) => this.of(id));
    return this.#seats;
  }

  /** The user's number, for one more use of it. */
  use(id: string): number {
    const number = this.#numbers.get(id) ?? this.#give(id);
    this.#uses[number]! += 1;
    return number;
  }

  /** Ends one use of a user's number. */
  release(id: string, number: number): void {
    this.#uses[number]! -= 1;
    if (this.#uses[number]! > 0) return;
    this.#seats.taken(id, number);
    this.#letGo(number);
  }

  #letGo(number: number): void {
    const id = this.#store.get(number);
    if (id !== undefined) this.#numbers.delete(id);
    this.#store.delete(number);
    this.#free.push(number);
  }

  #give(id: string): number {
    const number = this.#free.pop() ?? this.#uses.length;
    this.#reach(number);
    this.#numbers.set(id, number);
    this.#store.set(number, id);
    this.#seats.given(id, number);
    return number;
  }

  #reach(number: number): void {
    while (this.#uses.length <= number) this.#uses.push(0);
  }
}
