import type { ChangeLog, Stateful } from "../../core/state.ts";
import { packed, unpacked } from "../../time/packed.ts";
import type { Report } from "./format.ts";

/** What the readers of an exchange know of one of those who write into it. */
export interface SenderClock {
  readonly from: string;
  readonly watermark: number;
  readonly idle: boolean;
  /** Up to where its input went, by source partition, if it said last that it has ended. */
  readonly ended: Readonly<Record<string, number>> | undefined;
}

/** Where event time stands by all reports: held up until all have told it, or going on, or nobody is there to hold it up. */
export type Standing = "held" | "goes on" | "silent" | "ended";

const commonKey = "common";
const namePrefix = "p:";

type Common = readonly [total: number, watermark: number, spoke: boolean];
type Stored = readonly [watermark: number, idle: boolean, ended: SenderClock["ended"]];

/**
 * The event times of all tasks that write into an exchange, as state: a checkpoint writes those that changed. Event time is
 * the lowest of those that are neither silent nor ended, begins when as many have reported as there are, waits for new ones
 * when there are more, and never goes back.
 */
export class SenderClocks implements Stateful {
  /** How many write into the exchange, as far as is known; 0 before a report. */
  total = 0;
  /** Event time, in ms since the epoch; minus infinity before it begins. */
  watermark = Number.NEGATIVE_INFINITY;
  /** Whether anything has come since all were silent. */
  spoke = false;
  readonly #senders = new Map<string, SenderClock>();
  readonly #ends: ReadonlyMap<string, number> | undefined;
  readonly #onRestored: () => void;
  readonly #changed = new Set<string>();
  #writtenCommon = "";

  /** `ends`: where the sources end for this run; `onRestored` is called when the state is back, or there was none. */
  constructor(ends: ReadonlyMap<string, number> | undefined, onRestored: () => void) {
    this.#ends = ends;
    this.#onRestored = onRestored;
  }

  /** How many have told where they stand. */
  get known(): number {
    return this.#senders.size;
  }

  /** All that are known, in the order of their names. */
  all(): SenderClock[] {
    return [...this.#senders.values()].sort((a, b) => (a.from < b.from ? -1 : 1));
  }

  /** Takes a report in. */
  take({ from, total, watermark, idle, ended }: Report): void {
    const before = this.#senders.get(from)?.watermark ?? Number.NEGATIVE_INFINITY;
    this.#senders.set(from, { from, watermark: Math.max(before, watermark ?? before), idle, ended });
    this.#changed.add(from);
    this.total = Math.max(this.total, total);
  }

  /** Moves event time on as far as it goes. */
  stand(): Standing {
    if (this.total === 0 || this.#senders.size < this.total) return "held";
    let low = Number.POSITIVE_INFINITY;
    let open = 0;
    for (const sender of this.#senders.values()) {
      if (this.hasEnded(sender)) continue;
      open += 1;
      if (!sender.idle) low = Math.min(low, sender.watermark);
    }
    if (open === 0) return "ended";
    if (low === Number.POSITIVE_INFINITY) return "silent";
    this.watermark = Math.max(this.watermark, low);
    return "goes on";
  }

  /** Whether a task's input has ended for good, and not only in a run before, which went less far. */
  hasEnded({ ended }: SenderClock): boolean {
    const ends = this.#ends;
    if (ended === undefined || ends === undefined) return false;
    return Object.entries(ended).every(([partition, end]) => end >= (ends.get(partition) ?? 0));
  }

  /** Up to where all inputs went, by source partition. */
  through(): Record<string, number> {
    return Object.assign({}, ...[...this.#senders.values()].map(({ ended }) => ended));
  }

  collect(log: ChangeLog): void {
    for (const from of this.#changed) log.put(namePrefix + from, this.#stored(from));
    this.#changed.clear();
    const common = JSON.stringify(this.#common());
    if (common === this.#writtenCommon) return;
    this.#writtenCommon = common;
    log.put(commonKey, packed(this.#common()));
  }

  *entries(): Generator<readonly [string, Uint8Array]> {
    for (const from of [...this.#senders.keys()]) yield [namePrefix + from, this.#stored(from)];
    yield [commonKey, packed(this.#common())];
  }

  apply(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#senders.delete(key.slice(namePrefix.length));
    else if (key === commonKey) [this.total, this.watermark, this.spoke] = unpacked(value) as Common;
    else {
      const from = key.slice(namePrefix.length);
      const [watermark, idle, ended] = unpacked(value) as Stored;
      this.#senders.set(from, { from, watermark, idle, ended });
    }
  }

  restored(): void {
    this.#onRestored();
  }

  #common(): Common {
    return [this.total, this.watermark, this.spoke];
  }

  #stored(from: string): Uint8Array {
    const { watermark, idle, ended } = this.#senders.get(from)!;
    return packed([watermark, idle, ended] satisfies Stored);
  }
}
