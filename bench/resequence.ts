// The slots of `resequence` beside a binary heap, for records that come shuffled. One process, alternating; prints JSON:
// nanoseconds a record by how many records were shuffled together.

import { seededRandom } from "millrace";
import { ReorderRing, type RingEntry } from "../src/time/reorder-ring.ts";
import { median } from "./contestant.ts";

class Entry implements RingEntry {
  readonly number: number;
  earlier: RingEntry | undefined = undefined;
  later: RingEntry | undefined = undefined;
  inRing = false;

  constructor(number: number) {
    this.number = number;
  }
}

const records = 1_000_000;
const rounds = 5;

/** Numbers from 1 on, each run of `width` shuffled. */
function shuffled(width: number): number[] {
  const random = seededRandom(7);
  const numbers = Array.from({ length: records }, (_, index) => index + 1);
  for (let from = 0; from < records; from += width) {
    for (let at = Math.min(from + width, records) - 1; at > from; at--) {
      const other = from + random.below(at - from + 1);
      [numbers[at], numbers[other]] = [numbers[other]!, numbers[at]!];
    }
  }
  return numbers;
}

function byRing(numbers: readonly number[]): number {
  const ring = new ReorderRing<Entry>();
  let next = 1;
  for (const number of numbers) {
    ring.put(new Entry(number), next);
    while (ring.take(next) !== undefined) next += 1;
  }
  return next;
}

function byHeap(numbers: readonly number[]): number {
  const heap: Entry[] = [];
  let next = 1;
  for (const number of numbers) {
    push(heap, new Entry(number));
    while (heap.length > 0 && heap[0]!.number === next) {
      pop(heap);
      next += 1;
    }
  }
  return next;
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]!.number <= entry.number) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop()!;
  const size = heap.length;
  if (size === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1]!.number < heap[child]!.number) child += 1;
    if (heap[child]!.number >= last.number) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}

function nsEach(work: (numbers: readonly number[]) => number, numbers: readonly number[]): number {
  const began = performance.now();
  if (work(numbers) !== records + 1) throw new Error("a number got lost");
  return ((performance.now() - began) * 1e6) / records;
}

const results: Record<string, { ringNs: number; heapNs: number }> = {};
for (const width of [1, 100, 10_000, 100_000]) {
  const numbers = shuffled(width);
  const ring: number[] = [];
  const heap: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const [ringNs, heapNs] = [nsEach(byRing, numbers), nsEach(byHeap, numbers)];
    if (round === 0) continue;
    ring.push(ringNs);
    heap.push(heapNs);
  }
  results[width] = { ringNs: Math.round(median(ring)), heapNs: Math.round(median(heap)) };
}
process.stdout.write(`${JSON.stringify(results)}\n`);
