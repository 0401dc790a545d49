import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keyedStore } from "./keyed-store.ts";
import { decodeKey, encodeKey, type StoreKey } from "./store-key.ts";
import { collectAll } from "./test-kit/collect-all.ts";
import { structuredCodec } from "./value-codec.ts";
import { valueStore } from "./value-store.ts";

const keys: StoreKey[] = [
  "",
  "a",
  "1",
  1,
  1.5,
  -1e300,
  1e21,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1n,
  "1n",
  -7n,
  true,
];
keys.push(
  "true",
  false,
  null,
  "null",
  "NaN",
  '"',
  "'",
  "'a",
  "\ud800",
  "\udfff\ud800",
  '\ud800"',
  "ü€😀",
  "\u0000",
  "Infinity",
);

test("every key has a text of its own and comes back from it", () => {
  expect(new Set(keys.map(encodeKey)).size).toBe(keys.length);
  for (const key of keys) expect(decodeKey(encodeKey(key))).toBe(key);
  for (const key of keys) expect(encodeKey(key).isWellFormed()).toBe(true);
});

test("what is no key is refused when it is set, and by name", () => {
  const store = keyedStore<number>();
  for (const key of [undefined, {}, [], Symbol("s"), () => 1]) {
    expect(() => store.set(key as never, 1)).toThrow(TypeError);
  }
  expect(store.size).toBe(0);
  for (const text of ["", "x", "n1"]) expect(() => decodeKey(text)).toThrow(TypeError);
  expect(() => decodeKey("xn")).toThrow(SyntaxError);
});

function changesOf(store: ReturnType<typeof keyedStore>): [string, unknown][] {
  const [collected] = collectAll(new Map([["s", store]]));
  return [...collected!.changes].map(([key, value]) => [key, value && structuredCodec.decode(value)]);
}

test("collect gives what changed since the last time, each key once, and costs no more", () => {
  const store = keyedStore<unknown>();
  for (let i = 0; i < 1000; i++) store.set(i, i);
  changesOf(store);
  store.set(5, "a");
  store.set(5, "b");
  store.delete(6);
  store.delete(6);
  store.delete("never there");
  expect(changesOf(store)).toEqual([
    ["5", "b"],
    ["6", undefined],
  ]);
  expect(changesOf(store)).toEqual([]);
});

test("a key that came and went between two collects is told as deleted, since entries may have shown it", () => {
  const store = keyedStore<number>();
  store.set("k", 1);
  expect([...store.entries()].length).toBe(1);
  store.delete("k");
  expect(changesOf(store)).toEqual([['"k', undefined]]);
});

test("entries end, and hold every key that was there and stayed, while keys come and go", () => {
  const store = keyedStore<number>();
  for (let i = 0; i < 100; i++) store.set(i, 0);
  const seen = new Set<string>();
  let n = 100;
  for (const [key] of store.entries()) {
    seen.add(key);
    store.delete(n - 50);
    store.set(n++, 1);
    store.set(n++, 1);
    expect(n).toBeLessThan(400);
  }
  for (let i = 0; i < 50; i++) expect(seen).toContain(String(i));
});

test("clear deletes every key", () => {
  const store = keyedStore<number>();
  store.set("a", 1);
  store.set("b", 2);
  changesOf(store);
  store.clear();
  store.set("b", 3);
  expect(new Map(changesOf(store))).toEqual(
    new Map<string, unknown>([
      ['"a', undefined],
      ['"b', 3],
    ]),
  );
});

test("a codec that fails leaves the changes to be collected", () => {
  let failing = true;
  const encode = (value: string) => {
    if (failing) throw new Error("no");
    return Buffer.from(value);
  };
  const store = keyedStore<string>({ codec: { encode, decode: (bytes) => Buffer.from(bytes).toString() } });
  store.set("a", "x");
  expect(() => collectAll(new Map([["s", store]]))).toThrow("no");
  failing = false;
  expect(collectAll(new Map([["s", store]]))[0]!.changes).toHaveLength(1);
});

test("values of every kind come back, and share no memory with the bytes they came from", () => {
  const values: unknown[] = [
    0,
    -0,
    1.5,
    Number.NaN,
    "",
    "ü€",
    "\ud800",
    12n,
    true,
    null,
    undefined,
    new Date(5),
    /x/gi,
  ];
  values.push(
    new Map([[{ a: 1 }, new Set([1, "x"])]]),
    new Uint8Array([1, 2]),
    new Float64Array([0.5]),
    Buffer.from("hi"),
  );
  values.push(new Array(3), { nested: { deep: [undefined] } }, new ArrayBuffer(3), new Error("kept"));
  for (const value of values) {
    const encoded = structuredCodec.encode(value);
    const shared = new Uint8Array(encoded.length + 3);
    shared.set(encoded, 3);
    const decoded = structuredCodec.decode(shared.subarray(3));
    shared.fill(0xee);
    expect(decoded).toStrictEqual(value);
  }
  expect(() => structuredCodec.encode(() => 1)).toThrow();
});

test("the short form of plain objects loses nothing that the long one keeps", () => {
  const shared = { a: 1 };
  const plain: unknown[] = [{}, [], { a: [{ b: null, "ü€": "x" }], n: -1.5 }, JSON.parse('{"__proto__":1}'), [[], {}]];
  const others: unknown[] = [{ a: undefined }, [undefined], { a: -0 }, { a: Number.NaN }, { a: 1n }, { a: "\ud800" }];
  others.push({ "\ud800": 1 }, [shared, shared], { d: new Date(1) }, new Array(2), Object.assign([1], { more: 2 }));
  others.push(
    { m: new Map([[1, { s: new Set() }]]) },
    Array.from({ length: 40 }, () => ({})),
  );
  for (const value of plain) expect(structuredCodec.encode(value)[0], JSON.stringify(value)).toBe(3);
  for (const value of others) expect(structuredCodec.encode(value)[0]).toBe(0xff);
  for (const value of [...plain, ...others]) {
    expect(structuredCodec.decode(structuredCodec.encode(value))).toStrictEqual(value);
  }
  const [one, two] = structuredCodec.decode(structuredCodec.encode([shared, shared])) as object[];
  expect(one).toBe(two);
  expect(Object.hasOwn(structuredCodec.decode(structuredCodec.encode(plain[3])) as object, "__proto__")).toBe(true);
});

test("any structured value comes back from the codec as from V8's clone", () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
      (value) => {
        expect(structuredCodec.decode(structuredCodec.encode(value))).toStrictEqual(deserialize(serialize(value)));
      },
    ),
  );
});

test("a value store keeps one value, undefined included, and is written only when it was set", () => {
  const store = valueStore<{ n: number } | undefined>();
  const stores = new Map([["v", store]]);
  const restored = valueStore<{ n: number } | undefined>();
  const replay = () => {
    const changes = [...collectAll(stores)[0]!.changes];
    for (const [key, value] of changes) restored.apply(key, value);
    return changes.length;
  };
  expect(replay()).toBe(0);
  store.clear();
  expect(replay()).toBe(0);
  store.set({ n: 1 });
  expect(replay()).toBe(1);
  expect(restored.get()).toEqual({ n: 1 });
  expect(replay()).toBe(0);
  expect([...store.entries()].length).toBe(1);
  store.clear();
  expect(replay()).toBe(1);
  expect(restored.get()).toBeUndefined();
  expect([...restored.entries()].length).toBe(0);
});

test("in a run without checkpoints keys that come and go leave nothing behind", () => {
  const store = keyedStore<number>();
  store.unwatched?.();
  store.set("k", 1);
  store.delete("k");
  store.collect({ put: () => expect.fail("nothing is left"), delete: () => expect.fail("nothing was remembered") });
});
