import { type Clock, sleep } from "../core/clock.ts";
import type { Disk } from "../core/disk.ts";
import type { Stateful } from "../core/state.ts";
import { BlockEncoder } from "./block.ts";
import type { SegmentRef } from "./segment.ts";
import { SegmentWriter } from "./segment-writer.ts";

/** How much a compaction does at a time. */
export interface CompactionPace {
  /** Bytes of entries taken in one turn. */
  readonly sliceBytesMax: number;
  /** Time for taking them, in milliseconds: the longest that records wait for it, plus one entry. */
  readonly sliceMs: number;
  /** Time between two turns, in milliseconds. */
  readonly pauseMs: number;
}

/** Bytes written between two syncs: one large sync at the end would hold up a commit's. */
const syncBytes = 8 * 1024 * 1024;

/**
 * Writes the entries of all stores into a base segment, a slice at a time between the engine's turns, while records and
 * checkpoints go on.
 *
 * Why base, then the changes collected since `run` was called, gives the stores as of any later checkpoint: an entry is
 * yielded as it is at some moment after the beginning. A key that no checkpoint since has touched is as it was then. Any
 * other key, one deleted or changed after it was yielded included, has its last word in those changes, since
 * puts are absolute. The base may hold values from after a checkpoint, up to the moment it was finished; so only
 * a checkpoint whose changes were collected later may rest on it.
 */
export class Compaction {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #pace: CompactionPace;
  readonly #stop = new AbortController();
  readonly #encoder: BlockEncoder;
  #base: SegmentRef | undefined;

  constructor(disk: Disk, folder: string, clock: Clock, pace: CompactionPace) {
    this.#disk = disk;
    this.#folder = folder;
    this.#clock = clock;
    this.#pace = pace;
    this.#encoder = new BlockEncoder(pace.sliceBytesMax);
  }

  /** The base, once it is written and synced; its name is not safe before the folder is synced. */
  get base(): SegmentRef | undefined {
    return this.#base;
  }

  /** Ends `run` at its next turn; `base` then stays undefined. */
  stop(): void {
    this.#stop.abort();
  }

  /** Writes the base. Rejects when the disk or a store does; what was written is then of no use. */
  async run(number: number, stores: ReadonlyMap<string, Stateful>): Promise<void> {
    const writer = await SegmentWriter.create(this.#disk, this.#folder, "base", number);
    try {
      const entries = allEntries(stores);
      let unsynced = 0;
      while (!this.#stop.signal.aborted) {
        const more = this.#slice(entries);
        const blocks = this.#encoder.bytes();
        if (blocks.length > 0) await writer.append(blocks);
        unsynced += blocks.length;
        if (!more || unsynced >= syncBytes) {
          await writer.sync();
          unsynced = 0;
        }
        if (!more) {
          this.#base = writer.ref;
          return;
        }
        await sleep(this.#clock, this.#pace.pauseMs, this.#stop.signal);
      }
    } finally {
      await writer.close();
    }
  }

  /** Takes entries until the slice is full or its time is over; false when there are no more. */
  #slice(entries: Iterator<Entry>): boolean {
    const encoder = this.#encoder;
    encoder.clear();
    const until = this.#clock.monotonic() + this.#pace.sliceMs;
    let current: string | undefined;
    do {
      const next = entries.next();
      if (next.done === true) {
        encoder.seal();
        return false;
      }
      const [store, key, value] = next.value;
      if (store !== current) encoder.store((current = store));
      encoder.put(key, value);
    } while (encoder.size < this.#pace.sliceBytesMax && this.#clock.monotonic() < until);
    encoder.seal();
    return true;
  }
}

type Entry = readonly [store: string, key: string, value: Uint8Array];

function* allEntries(stores: ReadonlyMap<string, Stateful>): Generator<Entry> {
  for (const [name, store] of [...stores]) {
    for (const [key, value] of store.entries()) yield [name, key, value];
  }
}
