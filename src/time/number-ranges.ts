/** The most ranges that are remembered: some tens of kilobytes. */
const rangesMax = 1024;

/**
 * Ranges of whole numbers, added in ascending order, of which the newest 1,024 are remembered; ranges that touch are one.
 * Flat data: from, to, from, to, both ends included.
 */
export class NumberRanges {
  #bounds: number[];

  constructor(bounds: readonly number[] = []) {
    this.#bounds = [...bounds];
  }

  get bounds(): readonly number[] {
    return this.#bounds;
  }

  /** Adds the numbers from `from` to `to`, all of them above those added before. */
  add(from: number, to: number): void {
    if (this.#bounds.at(-1) === from - 1) this.#bounds[this.#bounds.length - 1] = to;
    else this.#bounds.push(from, to);
    // Half of them at once, so that forgetting costs little each time.
    if (this.#bounds.length > 2 * rangesMax) this.#bounds = this.#bounds.slice(rangesMax);
  }

  /** Whether the number is in a range that is remembered. */
  has(number: number): boolean {
    let low = 0;
    let high = this.#bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#bounds[2 * middle + 1]! < number) low = middle + 1;
      else high = middle;
    }
    return low < this.#bounds.length / 2 && this.#bounds[2 * low]! <= number;
  }
}
