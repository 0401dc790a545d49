import type { ChangeLog, Stateful } from "../core/state.ts";
import { type HeldRecord, type PackedRecord, packRecord, unpackRecord } from "./held-record.ts";
import { MajorityClock } from "./majority-clock.ts";
import { packed, unpacked } from "./packed.ts";

/** One partition's clock, and what is known of its silence. */
export class PartitionClock extends MajorityClock<HeldRecord> {
  /** Undefined: records of no partition. */
  name: string | undefined = undefined;
  /** Goes up with every record and every other change: where it stands still, nothing has come and nothing need be stored. */
  changes = 0;
  /** Left out of the minimum, because it has fallen silent. */
  idle = false;
}

/** What is stored of a partition. */
type StoredPartition = readonly [
  idle: boolean,
  highest: number,
  times: Float64Array,
  held: readonly (readonly [place: number, record: PackedRecord])[],
];

const watermarkKey = "watermark";
/** Records of no partition; all other names get a prefix. */
const nobodysKey = "none";
const namePrefix = "p:";

/**
 * The clocks of all partitions, the lowest of them, and the watermark that was given: the state of an event-time step.
 * A checkpoint writes one entry for each partition that had a record since the last: under 1 KB, and what it holds.
 */
export class PartitionClocks implements Stateful {
  /** The last watermark given, in ms since the epoch; minus infinity before the first. */
  watermark = Number.NEGATIVE_INFINITY;
  /** Of the partitions that are not idle, one that is behind all others, as of the last `findSlowest`. */
  slowest: PartitionClock | undefined;
  readonly #byName = new Map<string | undefined, PartitionClock>();
  /** The same, as what is quick to go through. */
  #list: PartitionClock[] = [];
  readonly #make: () => PartitionClock;
  readonly #onRestored: () => void;
  /** What was collected: each partition's `changes`, and the watermark. */
  readonly #collected = new Map<PartitionClock, number>();
  #collectedWatermark = Number.NEGATIVE_INFINITY;

  /** `onRestored` is called when the state is back, or there was none. */
  constructor(make: () => PartitionClock, onRestored: () => void) {
    this.#make = make;
    this.#onRestored = onRestored;
  }

  /** The clock of that partition; a new one for a new name. */
  of(name: string | undefined): PartitionClock {
    let clock = this.#byName.get(name);
    if (clock === undefined) {
      clock = this.#make();
      clock.name = name;
      this.#byName.set(name, clock);
      this.#list = [...this.#byName.values()];
    }
    return clock;
  }

  /** All of them, in the order of their names, which is the same in every run. */
  all(): PartitionClock[] {
    return this.#list.toSorted((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  }

  /** Sets `slowest`, and returns its highest time: minus infinity when it has not started, or all are idle. */
  findSlowest(): number {
    let slowest: PartitionClock | undefined;
    for (const clock of this.#list) {
      if (!clock.idle && (slowest === undefined || clock.highest < slowest.highest)) slowest = clock;
    }
    this.slowest = slowest;
    return slowest === undefined ? Number.NEGATIVE_INFINITY : slowest.highest;
  }

  collect(log: ChangeLog): void {
    for (const clock of this.#list) {
      if (this.#collected.get(clock) === clock.changes) continue;
      this.#collected.set(clock, clock.changes);
      log.put(keyOf(clock), stored(clock));
    }
    if (this.watermark === this.#collectedWatermark) return;
    this.#collectedWatermark = this.watermark;
    log.put(watermarkKey, packed(this.watermark));
  }

  *entries(): Iterable<readonly [string, Uint8Array]> {
    for (const clock of this.#list) yield [keyOf(clock), stored(clock)];
    yield [watermarkKey, packed(this.watermark)];
  }

  apply(key: string, value: Uint8Array | undefined): void {
    if (key === watermarkKey) {
      this.watermark = value === undefined ? Number.NEGATIVE_INFINITY : (unpacked(value) as number);
      return;
    }
    const name = key === nobodysKey ? undefined : key.slice(namePrefix.length);
    this.#byName.delete(name);
    this.#list = [...this.#byName.values()];
    if (value === undefined) return;
    const [idle, highest, times, held] = unpacked(value) as StoredPartition;
    const clock = this.of(name);
    clock.idle = idle;
    const records = held.map(([place, record]) => [place, record[1], unpackRecord(record)] as const);
    clock.restore({ highest, times, held: records });
  }

  restored(): void {
    for (const clock of this.#list) this.#collected.set(clock, clock.changes);
    this.#collectedWatermark = this.watermark;
    this.findSlowest();
    this.#onRestored();
  }
}

function keyOf(clock: PartitionClock): string {
  return clock.name === undefined ? nobodysKey : namePrefix + clock.name;
}

function stored(clock: PartitionClock): Uint8Array {
  const { highest, times, held } = clock.snapshot();
  const records = held.map(([place, , record]) => [place, packRecord(record)] as const);
  return packed([clock.idle, highest, times, records] satisfies StoredPartition);
}
