import { Seats } from "./seats.ts";

/**
 * Users by number, so that a follower costs a bit or a number and not a text. A user has a number for as long as somebody uses
 * it; after that the number is another's.
 */
export class UserNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];
  #seats = new Seats([], () => -1);

  /** The user's number; -1 when it has none. */
  of(id: string): number {
    return this.#numbers.get(id) ?? -1;
  }

  /** The numbers of these ids. They are looked up once for as long as the same list is asked for. */
  seatsOf(ids: readonly string[]): Seats {
    if (this.#seats.ids !== ids) this.#seats = new Seats(ids, (id) => this.of(id));
    return this.#seats;
  }

  /** Whose number it is; it must be in use. */
  idOf(number: number): string {
    return this.#ids[number]!;
  }

  /** The user's number, for one more use of it. */
  use(id: string): number {
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#ids.length;
      this.#numbers.set(id, number);
      this.#ids[number] = id;
      this.#uses[number] = 0;
      this.#seats.given(id, number);
    }
    this.#uses[number]! += 1;
    return number;
  }

  /** Ends one use. */
  release(number: number): void {
    this.#uses[number]! -= 1;
    if (this.#uses[number]! > 0) return;
    this.#numbers.delete(this.#ids[number]!);
    this.#seats.taken(this.#ids[number]!, number);
    this.#ids[number] = "";
    this.#free.push(number);
  }
}
