import type { SinkWriter } from "millrace";
import type { Delivery } from "millrace/tcp";
import { type MemorySink, type MemorySinkOptions, memorySink } from "millrace/testing";

/** Whom a record was for when it was delivered. */
export interface Told {
  readonly bytes: Uint8Array;
  readonly to: "all" | readonly string[];
}

/** A sink that keeps deliveries, each with those it was for at that moment, sorted: audiences change afterwards, and have no order. */
export function toldSink(
  options: MemorySinkOptions = {},
): Omit<MemorySink<Delivery>, "values"> & { readonly values: readonly Told[] } {
  const kept = memorySink<Told>(options);
  return {
    values: kept.values,
    traits: kept.traits,
    get pendingRecordsPeak() {
      return kept.pendingRecordsPeak;
    },
    open: async (context) => telling(await kept.open(context)),
  };
}

function telling(kept: SinkWriter<Told>): SinkWriter<Delivery> {
  return {
    get full() {
      return kept.full;
    },
    write: ({ bytes, to }, record) => kept.write({ bytes, to: to === "all" ? to : idsOf(to) }, record),
    drain: () => kept.drain(),
    flush: () => kept.flush(),
    prepare: () => kept.prepare(),
    close: () => kept.close(),
  };
}

function idsOf(to: Exclude<Delivery["to"], "all">): string[] {
  const ids: string[] = [];
  to.forEach((id) => void ids.push(id));
  return ids.sort();
}
