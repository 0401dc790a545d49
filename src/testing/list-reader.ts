import { sleep } from "../core/clock.ts";
import type { Batch, Partition, Position } from "../core/records.ts";
import type { SourceContext, SourceReader } from "../core/source.ts";
import { Happening, type ListItem, Tagged } from "./happening.ts";

/** How a list is given. */
export interface ListSourceOptions {
  /** Name of the partition of the records that name none; `"list"` unless told. */
  readonly partition?: string | undefined;
  /** Records in a batch, or what is asked for the size of each; 1 unless told. */
  readonly batchRecords?: number | (() => number) | undefined;
  /** Whether silence means something; true unless told. */
  readonly live?: boolean | undefined;
}

/** A run of records of one partition: what `places` hold in the list is `values`. */
export interface ListRun<T> {
  readonly partition: Partition;
  readonly values: readonly T[];
  /** Indexes in the list, ascending. */
  readonly places: readonly number[];
}

/** What all batches of a list have in common. */
export function runBase(run: ListRun<unknown>) {
  const { partition, places } = run;
  return {
    partition,
    size: places.length,
    resume: (index: number): Position => places[index] ?? places.at(-1)! + 1,
    describe: (index: number) => `item ${places[index]} of the list`,
  };
}

/** Reads a list; a subclass says what a run of its records becomes. */
export abstract class ListReader<T, Out> implements SourceReader<Out> {
  readonly #items: readonly ListItem<T>[];
  readonly #options: ListSourceOptions;
  readonly #context: SourceContext;
  readonly #happened: Set<number>;
  readonly #partitions = new Map<string, Partition>();
  /** The place of the next item. */
  #next: number;

  /** `happened` has the places of crashes and ends that are over, and outlives the reader. */
  constructor(
    items: readonly ListItem<T>[],
    options: ListSourceOptions,
    context: SourceContext,
    happened: Set<number>,
  ) {
    this.#items = items;
    this.#options = options;
    this.#context = context;
    this.#happened = happened;
    this.#next = this.#firstPlace();
  }

  async read(): Promise<Batch<Out> | "end"> {
    const { clock, signal } = this.#context;
    for (;;) {
      if (signal.aborted || this.#next >= this.#items.length) return "end";
      const item = this.#items[this.#next] as ListItem<T>;
      if (item instanceof Happening) {
        if (item.kind === "pause") await sleep(clock, item.ms, signal);
        else if (this.#once(this.#next)) {
          if (item.kind === "end") return "end";
          throw new Error("the list says: crash");
        }
      } else if (!this.#isDone(item)) return this.batch(this.#run());
      this.#next += 1;
    }
  }

  async close(): Promise<void> {}

  protected abstract batch(run: ListRun<T>): Batch<Out>;

  /** Before it every partition has been read: what is behind it is skipped by partition. */
  #firstPlace(): number {
    const { resume } = this.#context;
    let first = resume.size === 0 ? 0 : Number.POSITIVE_INFINITY;
    for (const item of this.#items) {
      if (!(item instanceof Happening)) first = Math.min(first, this.#resumed(this.#partitionOf(item)));
    }
    return first === Number.POSITIVE_INFINITY ? 0 : first;
  }

  #resumed(partition: string): number {
    return Number(this.#context.resume.get(partition) ?? 0);
  }

  #partitionOf(item: ListItem<T>): string {
    return item instanceof Tagged ? item.partition : (this.#options.partition ?? "list");
  }

  #isDone(item: ListItem<T>): boolean {
    return this.#next < this.#resumed(this.#partitionOf(item));
  }

  #once(place: number): boolean {
    if (this.#happened.has(place)) return false;
    this.#happened.add(place);
    return true;
  }

  #run(): ListRun<T> {
    const { batchRecords = 1 } = this.#options;
    const records = typeof batchRecords === "number" ? batchRecords : batchRecords();
    const name = this.#partitionOf(this.#items[this.#next] as ListItem<T>);
    const values: T[] = [];
    const places: number[] = [];
    for (; this.#next < this.#items.length && values.length < records; this.#next++) {
      const item = this.#items[this.#next] as ListItem<T>;
      if (item instanceof Happening) break;
      if (this.#isDone(item)) continue;
      if (this.#partitionOf(item) !== name) break;
      values.push(item instanceof Tagged ? item.value : item);
      places.push(this.#next);
    }
    return { partition: this.#partition(name), values, places };
  }

  #partition(name: string): Partition {
    const partition = this.#partitions.get(name) ?? { name };
    this.#partitions.set(name, partition);
    return partition;
  }
}
