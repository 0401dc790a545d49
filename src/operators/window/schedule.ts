import type { Span } from "./cells.ts";

interface Entry {
  readonly due: number;
  readonly span: Span;
}

/** What event time has brought about: windows that end, in order, and windows that no late record may reach any more. */
export interface Due {
  readonly ended: readonly Span[];
  readonly over: readonly Span[];
}

/**
 * Which window is next: a binary heap of moments. A window whose end moves (a session) keeps its entry until that comes up,
 * and is then put in again where it belongs: extending a session costs nothing here.
 */
export class WindowSchedule {
  readonly #latenessMs: number;
  readonly #heap: Entry[] = [];

  constructor(latenessMs: number) {
    this.#latenessMs = latenessMs;
  }

  /** The earliest moment at which `due` may have something; infinity when nothing is open. Never too late, maybe too early. */
  get next(): number {
    return this.#heap[0]?.due ?? Number.POSITIVE_INFINITY;
  }

  /** Puts a window in where it belongs, after it was made or reopened. */
  add(span: Span): void {
    span.due = span.fired ? span.end + this.#latenessMs : span.end;
    this.#push({ due: span.due, span });
  }

  /** All that is due at `time`. Ended windows are marked as fired, and come by end, then size, then age. */
  due(time: number): Due {
    const ended: Span[] = [];
    const over: Span[] = [];
    while (this.next <= time) {
      const { due, span } = this.#pop();
      if (span.due !== due) continue;
      if ((span.fired ? span.end + this.#latenessMs : span.end) > due) {
        this.add(span);
      } else if (span.fired) {
        span.due = Number.NaN;
        over.push(span);
      } else {
        span.fired = true;
        ended.push(span);
        this.add(span);
      }
    }
    return { ended: ended.sort(bySpan), over };
  }

  /** The open window that ends first; looks at all of them. */
  earliestOpen(): Span | undefined {
    let earliest: Span | undefined;
    for (const { due, span } of this.#heap) {
      if (span.fired || span.due !== due) continue;
      if (earliest === undefined || bySpan(span, earliest) < 0) earliest = span;
    }
    return earliest;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.due <= entry.due) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.due < heap[child]!.due) child++;
      if (heap[child]!.due >= last.due) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

/** The order of results: by a window's end, then its size, then which was opened first. */
export function bySpan(a: Span, b: Span): number {
  return a.end - b.end || b.start - a.start || a.seq - b.seq;
}
