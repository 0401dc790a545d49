import { decode, ExtData, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Malformed } from "../../core/codec.ts";
import type { StandardSchema } from "../json/standard-schema.ts";
import { encoded, noise } from "./encoded-fixture.ts";
import { messagepack } from "./whole-value.ts";

const read = (bytes: ArrayLike<number>, codec = messagepack()) => {
  const padded = Buffer.from([0x92, ...Array.from(bytes), 0x61, 0x61]);
  return codec.decode(padded, 1, padded.length - 2);
};
const refused = (reason: string) => new Malformed(reason);
const key = fc.string({ unit: "binary", maxLength: 8 }).filter((name) => name !== "__proto__");
const int = fc.maxSafeInteger();
const float = fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false),
    int,
    float,
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.date({ noInvalidDate: true }),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(key, tie("any"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;

const positive: StandardSchema<string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (given) =>
      typeof given === "number" && given > 0 ? { value: `+${given}` } : { issues: [{ message: "not positive" }] },
  },
};

describe("messagepack", () => {
  it("gives back what it wrote", () => {
    const codec = messagepack();
    fc.assert(
      fc.property(value, (given) => {
        expect(read(codec.encode(given) as Uint8Array, codec)).toEqual(given);
      }),
      { numRuns: 1000 },
    );
  });

  it("reads every form of value as the library does", () => {
    fc.assert(
      fc.property(encoded, (bytes) => {
        let whole: unknown;
        try {
          whole = decode(Uint8Array.from(bytes));
        } catch {
          // The library takes every form but the key `__proto__`.
          expect(read(bytes)).toBeInstanceOf(Malformed);
          return;
        }
        expect(read(bytes)).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes of any bytes only what the library takes, and throws at none", () => {
    let taken = 0;
    fc.assert(
      fc.property(noise, (bytes) => {
        const got = read(bytes);
        if (got instanceof Malformed) return;
        taken++;
        expect(got).toEqual(decode(Uint8Array.from(bytes)));
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(10);
  });

  it("refuses what is not one whole value", () => {
    for (const bytes of [[], [0xc1], [0x01, 0x02], [0xa2, 0x61], [0x92, 0x01], [0x81, 0xa1, 0x61], [0xcf, 0, 0]]) {
      expect(read(bytes)).toEqual(refused("not MessagePack"));
    }
  });

  it("refuses text that is not UTF-8, short and long, and as a key", () => {
    expect(read([0xa2, 0xc3, 0x28])).toEqual(refused("not MessagePack"));
    expect(read([0xd9, 40, ...new Array<number>(39).fill(0x61), 0xff])).toEqual(refused("not MessagePack"));
    expect(read([0x81, 0xa1, 0xff, 0x01])).toEqual(refused("not MessagePack"));
    expect(read([0xa2, 0xc3, 0xa9])).toBe("é");
  });

  it("believes no length before the bytes are there", () => {
    for (const first of [0xdb, 0xdd, 0xdf, 0xc6, 0xc9]) {
      expect(read([first, 0xff, 0xff, 0xff, 0xff, 0x01])).toEqual(refused("not MessagePack"));
      expect(read([first, 0x01, 0xff, 0xff, 0xff, 0x01])).toEqual(refused("not MessagePack"));
    }
  });

  it("refuses nesting without end, and takes what it can write", () => {
    expect(read(new Array<number>(100_000).fill(0x91))).toEqual(refused("not MessagePack"));
    const codec = messagepack();
    let deep: unknown = 1;
    for (let level = 0; level < 512; level++) deep = [deep];
    expect(read(codec.encode(deep) as Uint8Array, codec)).toEqual(deep);
    expect(() => codec.encode([deep])).toThrow();
  });

  it("lets no key reach a prototype", () => {
    const proto = [0xa9, ...Buffer.from("__proto__"), 0x81, 0xa1, 0x78, 0x01];
    expect(read([0x81, ...proto])).toEqual(refused("unusable map key or timestamp"));
    expect(read([0x81, 0xa1, 0x61, 0x81, ...proto])).toEqual(refused("unusable map key or timestamp"));
    const odd = read([0x81, 0xab, ...Buffer.from("constructor"), 0x01]) as Record<string, unknown>;
    expect(Object.entries(odd)).toEqual([["constructor", 1]]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("refuses keys that are neither text nor a number, and timestamps of no known length", () => {
    for (const bytes of [
      [0x81, 0xc0, 0x01],
      [0x81, 0x90, 0x01],
      [0xd4, 0xff, 0x00],
    ]) {
      expect(read(bytes)).toEqual(refused("unusable map key or timestamp"));
    }
    expect(read([0x81, 0x05, 0x01])).toEqual({ 5: 1 });
  });

  it("keeps nothing of the bytes that it read", () => {
    const bytes = Buffer.from(encode({ bin: Uint8Array.of(1, 2, 3), ext: new ExtData(9, Uint8Array.of(4, 5)) }));
    const got = messagepack<{ bin: Uint8Array; ext: ExtData }>().decode(bytes, 0, bytes.length);
    bytes.fill(0xff);
    expect(got).toEqual({ bin: Uint8Array.of(1, 2, 3), ext: new ExtData(9, Uint8Array.of(4, 5)) });
  });

  it("reads 64-bit integers as numbers, or exactly as bigints when told to", () => {
    const bytes = [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1];
    expect(read(bytes)).toBe(2 ** 53);
    const exact = messagepack(undefined, { int64: "bigint" });
    expect(read(bytes, exact)).toBe(2n ** 53n + 1n);
    for (const given of [2n ** 64n - 1n, -(2n ** 63n), 5, 2 ** 40, -(2 ** 40)]) {
      expect(read(exact.encode(given) as Uint8Array, exact)).toBe(given);
    }
  });

  it("leaves out what is undefined, and throws at what it cannot write", () => {
    expect(read(messagepack().encode({ a: undefined, b: 1 }) as Uint8Array)).toEqual({ b: 1 });
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const given of [() => 1, Symbol("a"), 1n, cycle]) expect(() => messagepack().encode(given)).toThrow();
  });

  it("checks and transforms by a schema", () => {
    const codec = messagepack(positive);
    expect(read([5], codec as never)).toBe("+5");
    expect(read([0], codec as never)).toEqual(refused("not valid"));
    expect(read([0xc1], codec as never)).toEqual(refused("not MessagePack"));
  });

  it("refuses a schema that is none, or that is asynchronous", () => {
    expect(() => messagepack({} as never)).toThrow("ML1002");
    const late = { "~standard": { version: 1, vendor: "test", validate: async () => Promise.reject(new Error("no")) } };
    expect(() => read([1], messagepack(late as never))).toThrow("ML1002");
  });
});
