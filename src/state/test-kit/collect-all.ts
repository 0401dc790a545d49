import { copyOf } from "../../core/records.ts";
import type { Stateful, StoreChanges } from "../../core/state.ts";

/** What changed in all stores since the last time, as the runtime hands it to a commit. */
export function collectAll(stores: ReadonlyMap<string, Stateful>): StoreChanges[] {
  return [...stores].map(([store, stateful]) => {
    const changes: [string, Uint8Array | undefined][] = [];
    stateful.collect({
      put: (key, value) => void changes.push([key, copyOf(value)]),
      delete: (key) => void changes.push([key, undefined]),
    });
    return { store, changes };
  });
}
