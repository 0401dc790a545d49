import type { Batch } from "../core/records.ts";
import type { Source } from "../core/source.ts";
import type { ListItem } from "./happening.ts";
import { ListReader, type ListRun, type ListSourceOptions, runBase } from "./list-reader.ts";

export { crash, pause } from "./happening.ts";

/**
 * Gives the values of a list, in order, with pauses, crashes and ends in it, and records of several partitions as
 * `from("name", value)`. Positions are indexes, so it can be read again from any.
 */
export function listSource<T>(items: readonly ListItem<T>[], options: ListSourceOptions = {}): Source<T> {
  const happened = new Set<number>();
  return {
    traits: { name: `list of ${items.length}`, replayable: true, live: options.live ?? true },
    open: async (context) => new ValueReader(items, options, context, happened),
  };
}

class ValueReader<T> extends ListReader<T, T> {
  protected override batch(run: ListRun<T>): Batch<T> {
    return { ...runBase(run), bytes: 0, values: run.values };
  }
}
