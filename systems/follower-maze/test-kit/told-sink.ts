import type { SinkWriter } from "millrace";
import type { Delivery } from "millrace/tcp";
import { type MemorySink, type MemorySinkOptions, memorySink } from "millrace/testing";

/** Whom a record was for when it was delivered. */
export interface Told {
  readonly bytes: Uint8Array;
  readonly to: "all" | readonly string[];
}

/** A sink that keeps deliveries, each with those of the users that it was for at that moment: audiences change afterwards. */
export function toldSink(
  users: readonly string[],
  options: MemorySinkOptions = {},
): Omit<MemorySink<Delivery>, "values"> & { readonly values: readonly Told[] } {
  const kept = memorySink<Told>(options);
  return {
    values: kept.values,
    traits: kept.traits,
    get pendingRecordsPeak() {
      return kept.pendingRecordsPeak;
    },
    open: async (context) => telling(await kept.open(context), users),
  };
}

function telling(kept: SinkWriter<Told>, users: readonly string[]): SinkWriter<Delivery> {
  return {
    get full() {
      return kept.full;
    },
    write: ({ bytes, to }, record) => kept.write({ bytes, to: to === "all" ? to : idsOf(to, users) }, record),
    drain: () => kept.drain(),
    flush: () => kept.flush(),
    prepare: () => kept.prepare(),
    close: () => kept.close(),
  };
}

function idsOf(to: Exclude<Delivery["to"], "all">, users: readonly string[]): readonly string[] {
  if (!("among" in to)) return to;
  const ids: string[] = [];
  to.among(users, (place) => void ids.push(users[place]!));
  return ids.sort();
}
