/** A callback that waits for its moment. */
export interface HeapTimer {
  readonly atMs: number;
  /** Tells timers of one moment apart: the lower was set first. */
  readonly order: number;
  readonly callback: () => void;
  /** Where it lies in the heap; -1 once it is out. */
  place: number;
}

/** Timers, the earliest first: a binary heap. Adding, taking and removing cost the logarithm of how many there are. */
export class TimerHeap {
  readonly #timers: HeapTimer[] = [];

  get size(): number {
    return this.#timers.length;
  }

  /** The earliest; undefined when there is none. */
  get first(): HeapTimer | undefined {
    return this.#timers[0];
  }

  add(timer: HeapTimer): void {
    this.#timers.push(timer);
    this.#rise(timer, this.#timers.length - 1);
  }

  /** Takes a timer out; nothing happens when it is out already. */
  remove(timer: HeapTimer): void {
    const { place } = timer;
    if (place === -1) return;
    timer.place = -1;
    const last = this.#timers.pop()!;
    if (last === timer) return;
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  #rise(timer: HeapTimer, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.#timers[above]!;
      if (!earlier(timer, other)) break;
      this.#put(other, place);
      place = above;
    }
    this.#put(timer, place);
  }

  #sink(timer: HeapTimer, from: number): void {
    let place = from;
    for (let below = 2 * place + 1; below < this.#timers.length; below = 2 * place + 1) {
      const right = this.#timers[below + 1];
      if (right !== undefined && earlier(right, this.#timers[below]!)) below += 1;
      const other = this.#timers[below]!;
      if (!earlier(other, timer)) break;
      this.#put(other, place);
      place = below;
    }
    this.#put(timer, place);
  }

  #put(timer: HeapTimer, place: number): void {
    this.#timers[place] = timer;
    timer.place = place;
  }
}

function earlier(a: HeapTimer, b: HeapTimer): boolean {
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}
