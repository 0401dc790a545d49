import { serialize } from "node:v8";
import { expect, test } from "vitest";
import type { CheckpointStore } from "../core/state.ts";
import { keyedStore } from "../state/keyed-store.ts";
import { levelledCheckpoints } from "./levelled-checkpoints.ts";
import { memoryCheckpoints } from "./memory-checkpoints.ts";

const first = { id: 1, sources: {}, sinks: {}, versions: {} };

/** A store under the levelled one, and the lengths of the values that come to it. */
function measured() {
  const memory = memoryCheckpoints();
  const lengths: number[] = [];
  const inner: CheckpointStore = {
    ...memory,
    commit: (checkpoint, changes, stores) => {
      for (const one of changes) for (const [, value] of one.changes) lengths.push(value?.length ?? -1);
      for (const store of stores.values()) for (const [, value] of store.entries()) lengths.push(value.length);
      return memory.commit(checkpoint, changes, stores);
    },
  };
  return { store: levelledCheckpoints(inner), lengths };
}

test("a number takes the same room whether V8 holds it as an integer or as a double, and comes back", async () => {
  const double = [1.5, 7];
  double[0] = 1;
  const [short, long] = [serialize([1, 7]), serialize(double)];
  expect(short.length).not.toBe(long.length);
  const { store, lengths } = measured();
  await store.open(() => {});
  const changes: [string, Uint8Array | undefined][] = [
    ["a", short],
    ["b", long],
    ["c", undefined],
  ];
  await store.commit(first, [{ store: "s", changes }], new Map());
  expect(lengths[0]).toBe(lengths[1]);
  const seen: unknown[] = [];
  await store.open((_, key, value) => seen.push([key, value === undefined ? undefined : Buffer.from(value)]));
  expect(seen).toEqual(changes.map(([key, value]) => [key, value === undefined ? undefined : Buffer.from(value)]));
});

test("entries are padded as changes are", async () => {
  const { store, lengths } = measured();
  await store.open(() => {});
  const keyed = keyedStore<unknown>();
  keyed.set("k", new Map([[1, 2n]]));
  const changes: [string, Uint8Array][] = [];
  keyed.collect({ put: (key, value) => changes.push([key, value.slice()]), delete: () => {} });
  await store.commit(first, [{ store: "s", changes }], new Map([["s", keyed]]));
  expect(lengths).toEqual([lengths[0], lengths[0]]);
});
