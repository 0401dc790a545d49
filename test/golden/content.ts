import type { Checkpoint, Stateful } from "../../src/core/state.ts";
import { keyedStore, type StoreKey, valueStore } from "../../src/state/index.ts";

/**
 * What every golden state folder holds: a base and changes after it, with every kind of key and value. The folder of a
 * released version is never written again; when the content must grow, add a folder with a content of its own.
 */
export class GoldenStores {
  readonly values = keyedStore<unknown>();
  readonly keys = keyedStore<number>();
  readonly custom = keyedStore<string, number>({
    codec: {
      encode: (text) => Buffer.from(text, "utf16le"),
      decode: (bytes) => Buffer.from(bytes).toString("utf16le"),
    },
  });
  readonly single = valueStore<{ readonly watermark: number; readonly seen: Set<string> }>();
  readonly all: ReadonlyMap<string, Stateful> = new Map<string, Stateful>([
    ["every kind/values", this.values],
    ["every kind/keys", this.keys],
    ["größe/custom", this.custom],
    ["window/single", this.single],
  ]);

  /** What happens before checkpoint `id`. */
  change(id: number): void {
    if (id === 1) for (const [name, value] of goldenValues()) this.values.set(name, value);
    if (id === 2) for (const [index, key] of goldenKeys.entries()) this.keys.set(key, index);
    for (let i = 0; i < 20; i++) this.custom.set(id * 100 + i, `${"text ".repeat(i)}${id}`);
    for (let i = 0; i < 10; i++) this.custom.delete((id - 1) * 100 + i);
    this.single.set({ watermark: id * 1000, seen: new Set(["a", String(id)]) });
  }
}

/** How many checkpoints a golden folder has seen. */
export const goldenCheckpoints = 8;

/** The checkpoint with that id. */
export function goldenCheckpoint(id: number): Checkpoint {
  return {
    id,
    sources: { frames: { "frames.jsonl": { offset: id * 4096, line: id }, ünïcode: [id, null, "x"] } },
    sinks: { counts: { length: id * 10, identity: "1:2" }, none: null },
    versions: { window: "tumbling 1", "every kind": "1" },
  };
}

/** One key of every kind. */
export const goldenKeys: readonly StoreKey[] = [
  "",
  "plain",
  "ü€😀",
  "\ud800",
  "1",
  1,
  -1.5,
  1e300,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  12345678901234567890n,
  true,
  false,
  null,
  "null",
];

/** One value of every kind, by name. */
export function goldenValues(): Map<string, unknown> {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const error = new RangeError("kept");
  error.stack = "RangeError: kept";
  return new Map<string, unknown>([
    ["integer", 42],
    ["minus zero", -0],
    ["fraction", 0.1],
    ["not a number", Number.NaN],
    ["text", "ü€😀\u0000"],
    ["half a pair", "\ud800x"],
    ["long text", "0123456789".repeat(300)],
    ["bigint", -(2n ** 80n)],
    ["true", true],
    ["null", null],
    ["undefined", undefined],
    ["date", new Date(1_468_244_340_000)],
    ["pattern", /a+b/giu],
    ["array", [1, "two", [3], undefined]],
    ["object", { a: { b: [{ c: null }] }, "": 1 }],
    [
      "map",
      new Map<unknown, unknown>([
        ["k", new Set([1, "x"])],
        [{ key: 1 }, new Map()],
      ]),
    ],
    ["bytes", new Uint8Array([0, 127, 255])],
    ["buffer", Buffer.from("bytes of a buffer")],
    ["floats", new Float64Array([0.5, -0, Number.POSITIVE_INFINITY])],
    ["bigints", new BigUint64Array([1n, 2n ** 64n - 1n])],
    ["array buffer", new Uint8Array([1, 2, 3]).buffer],
    ["error", error],
    ["cycle", cyclic],
  ]);
}
