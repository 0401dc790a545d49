import { type Random, seededRandom } from "millrace";
import { drawNumbers, EventMaker, lineBytesMax, missingNumbers } from "./event-maker.ts";
import { garbageLine } from "./garbage.ts";
import type { SimulationSettings } from "./settings.ts";

/**
 * What an event source sends: the events, shuffled batch by batch, some left out, some again in the next batch, and garbage
 * between them. `first` is the number that the first event gets.
 */
export class EventStream {
  /** Lines made so far. */
  lines = 0;
  readonly #settings: SimulationSettings;
  readonly #first: number;
  readonly #maker: EventMaker;
  readonly #random: Random;
  readonly #missing: ReadonlySet<number>;
  readonly #twice: ReadonlySet<number>;
  readonly #garbageAfter: ReadonlySet<number>;
  /** The batch in the making: its events in order, one after another. */
  readonly #ordered: Uint8Array;
  readonly #bounds: Int32Array;
  #again: Uint8Array[] = [];
  #orderedBytes = 0;
  #made = 0;

  constructor(settings: SimulationSettings, first: number) {
    const { seed, users, batch, events, duplicate, garbage } = settings;
    this.#settings = settings;
    this.#first = first;
    this.#maker = new EventMaker(seed, users);
    this.#random = seededRandom(seed ^ 0x5ff1e);
    this.#missing = missingNumbers(settings);
    this.#twice = drawNumbers(seed ^ 0xd0b1e, duplicate, events);
    this.#garbageAfter = drawNumbers(seed ^ 0x6a5ba6e, garbage, events);
    this.#ordered = new Uint8Array(batch * lineBytesMax);
    this.#bounds = new Int32Array(2 * batch);
  }

  /** Whether all has been made. */
  get done(): boolean {
    return this.#made === this.#settings.events && this.#again.length === 0;
  }

  /** The next batch, in memory of its own. */
  nextBatch(): Buffer {
    const extra = this.#again;
    this.#again = [];
    const count = this.#makeOrdered(extra);
    this.#shuffle(count);
    return this.#gather(count, extra);
  }

  /** Makes the batch's events; those that come twice, and garbage, go to the next batch, or to `extra`. */
  #makeOrdered(extra: Uint8Array[]): number {
    const { events, batch } = this.#settings;
    const until = Math.min(events, this.#made + batch);
    let count = 0;
    let at = 0;
    for (; this.#made < until; ) {
      this.#made += 1;
      this.#maker.next();
      if (this.#garbageAfter.has(this.#made)) extra.push(garbageLine(this.#random));
      if (this.#missing.has(this.#made)) continue;
      const end = this.#maker.write(this.#ordered, at, this.#first + this.#made - 1);
      if (this.#twice.has(this.#made)) this.#again.push(this.#ordered.slice(at, end));
      this.#bounds[2 * count] = at;
      this.#bounds[2 * count + 1] = end;
      at = end;
      count += 1;
    }
    this.#orderedBytes = at;
    return count;
  }

  #shuffle(count: number): void {
    const bounds = this.#bounds;
    for (let at = count - 1; at > 0; at--) {
      const other = this.#random.below(at + 1);
      const [start, end] = [bounds[2 * at]!, bounds[2 * at + 1]!];
      bounds[2 * at] = bounds[2 * other]!;
      bounds[2 * at + 1] = bounds[2 * other + 1]!;
      bounds[2 * other] = start;
      bounds[2 * other + 1] = end;
    }
  }

  #gather(count: number, extra: readonly Uint8Array[]): Buffer {
    const out = Buffer.allocUnsafe(extra.reduce((sum, line) => sum + line.length, this.#orderedBytes));
    let to = 0;
    for (const line of extra) {
      out.set(line, to);
      to += line.length;
    }
    for (let index = 0; index < count; index++) {
      for (let at = this.#bounds[2 * index]!; at < this.#bounds[2 * index + 1]!; at++) out[to++] = this.#ordered[at]!;
    }
    this.lines += extra.length + count;
    return out;
  }
}
