/**
 * Which of a list of ids have a number, and which: known both ways without a look-up, for a list that stays the same for long,
 * such as those who are connected.
 */
export class Seats {
  /** By place in the list: the number of the id there; -1 when it has none. */
  readonly numbers: readonly number[];
  /** By number: the place of its id in the list; for those in `words`. */
  readonly places: readonly number[];
  /** The numbers that are known, as the bits of 32-bit words. */
  readonly words: readonly number[];
  readonly ids: readonly string[];
  readonly #numbers: number[];
  readonly #places: number[] = [];
  readonly #words: number[] = [];
  readonly #placeOf = new Map<string, number>();

  constructor(ids: readonly string[], numberOf: (id: string) => number) {
    this.ids = ids;
    this.numbers = this.#numbers = ids.map(() => -1);
    this.places = this.#places;
    this.words = this.#words;
    for (const [place, id] of ids.entries()) {
      this.#placeOf.set(id, place);
      const number = numberOf(id);
      if (number >= 0) this.given(id, number);
    }
  }

  /** The id has got that number. */
  given(id: string, number: number): void {
    const place = this.#placeOf.get(id);
    if (place === undefined) return;
    this.#numbers[place] = number;
    while (this.#places.length <= number) this.#places.push(-1);
    this.#places[number] = place;
    while (this.#words.length <= number >> 5) this.#words.push(0);
    this.#words[number >> 5]! |= 1 << (number & 31);
  }

  /** The id has that number no more. */
  taken(id: string, number: number): void {
    const place = this.#placeOf.get(id);
    if (place === undefined) return;
    this.#numbers[place] = -1;
    this.#places[number] = -1;
    this.#words[number >> 5]! &= ~(1 << (number & 31));
  }
}
