import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Malformed } from "../../core/codec.ts";
import { json } from "../json/index.ts";
import { encoded, noise } from "./encoded-fixture.ts";
import { messagepack } from "./index.ts";

const fields = { ts: json.int.orText, uid: json.id, note: json.string.optional(), ok: json.boolean.optional() };
const pick = messagepack.pick(fields);
const read = (bytes: ArrayLike<number>, decoder: { decode: typeof pick.decode } = pick) => {
  const padded = Buffer.from([0x92, ...Array.from(bytes), 0x31, 0x32]);
  return decoder.decode(padded, 1, padded.length - 2);
};
const written = (value: unknown) => read(encode(value));
const refused = (reason: string) => new Malformed(reason);
const str = (text: string) => [0xd9, Buffer.byteLength(text), ...Buffer.from(text)];

const scalar = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.maxSafeInteger(),
  fc.maxSafeInteger().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(true, false, null, "", "01", "1.0", "1e3", " 1", "-0", 1e21),
);
const any = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.constantFrom("ts", "uid"), scalar));
const likely = fc.record({ ts: fc.oneof(fc.maxSafeInteger(), fc.maxSafeInteger().map(String), any), uid: scalar });
const record = fc
  .tuple(fc.dictionary(fc.constantFrom("ts", "uid", "note", "ok", "other", "tsx", "u"), any, { maxKeys: 4 }), likely)
  .map(([odd, good]) => ({ ...good, ...odd }));

describe("messagepack.pick", () => {
  it("picks from the same value what json.pick picks", () => {
    const fromJson = json.pick(fields, { mode: "strict" });
    let picked = 0;
    fc.assert(
      fc.property(record, (value) => {
        const text = Buffer.from(JSON.stringify(value));
        const got = written(value);
        expect(got).toEqual(fromJson.decode(text, 0, text.length));
        if (!(got instanceof Malformed)) picked++;
      }),
      { numRuns: 3000 },
    );
    expect(picked).toBeGreaterThan(50);
  });

  it("finds its fields among values of every form", () => {
    const others = fc.array(fc.tuple(fc.constantFrom("other", "tsx", "u", ""), encoded), { maxLength: 6 });
    fc.assert(
      fc.property(others, fc.nat(6), (list, place) => {
        const entries = list.map(([name, value]) => [...str(name), ...value]);
        entries.splice(place, 0, [...str("ts"), 0x05, ...str("uid"), ...str("me")]);
        const bytes = [0xde, 0, list.length + 2, ...entries.flat()];
        expect(read(bytes)).toEqual({ ts: 5, uid: "me", note: undefined, ok: undefined });
        expect(read(bytes.slice(0, -1))).toEqual(refused("not MessagePack"));
        expect(read([...bytes, 0x01])).toEqual(refused("not MessagePack"));
      }),
      { numRuns: 500 },
    );
  });

  it("throws at no bytes", () => {
    fc.assert(
      fc.property(noise, (bytes) => {
        read(bytes);
        read([0x82, 0xa2, 0x74, 0x73, ...bytes]);
        expect(read([0x82, ...str("ts"), 0x05, ...str("uid"), ...str("me")])).toMatchObject({ ts: 5, uid: "me" });
      }),
      { numRuns: 3000 },
    );
  });

  it("reads numbers of every width", () => {
    const numbers = messagepack.pick({ n: messagepack.number });
    const n = (...bytes: number[]) => read([0x81, ...str("n"), ...bytes], numbers as never);
    expect(n(0x7f)).toEqual({ n: 127 });
    expect(n(0xe0)).toEqual({ n: -32 });
    expect(n(0xcc, 0xff)).toEqual({ n: 255 });
    expect(n(0xcd, 0xff, 0xfe)).toEqual({ n: 65534 });
    expect(n(0xce, 0xff, 0xff, 0xff, 0xfe)).toEqual({ n: 2 ** 32 - 2 });
    expect(n(0xcf, 0, 0, 1, 0, 0, 0, 0, 0)).toEqual({ n: 2 ** 40 });
    expect(n(0xd0, 0x80)).toEqual({ n: -128 });
    expect(n(0xd1, 0x80, 0)).toEqual({ n: -32768 });
    expect(n(0xd2, 0x80, 0, 0, 0)).toEqual({ n: -(2 ** 31) });
    expect(n(0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).toEqual({ n: -1 });
    expect(n(0xca, 0x3f, 0xc0, 0, 0)).toEqual({ n: 1.5 });
    expect(n(0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0)).toEqual({ n: 1.5 });
    for (const none of [[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], [0xc0], [0xc4, 1, 49], [0xd4, 1, 0], [0xa1, 49]]) {
      expect(n(...none)).toEqual(refused("wrong type of n"));
    }
  });

  it("keeps ids beyond 2^53 apart, and refuses them as integers", () => {
    const big = [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1];
    const id = (bytes: number[]) => read([0x82, ...str("ts"), 1, ...str("uid"), ...bytes]);
    expect(id(big)).toMatchObject({ uid: "9007199254740993" });
    expect(id([0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0])).toMatchObject({ uid: "-9223372036854775808" });
    expect(read([0x82, ...str("uid"), 1, ...str("ts"), ...big])).toEqual(refused("wrong type of ts"));
  });

  it("counts the last of a key that comes twice, and passes over keys that are not text", () => {
    expect(read([0x85, ...str("ts"), 1, 0x05, 0x06, ...str("uid"), 2, 0x90, 0x80, ...str("ts"), 3])).toMatchObject({
      ts: 3,
      uid: "2",
    });
  });

  it("says what is missing or wrong, in the order of the fields", () => {
    expect(written({})).toEqual(refused("no ts"));
    expect(written({ ts: 1 })).toEqual(refused("no uid"));
    expect(written({ ts: null, uid: [] })).toEqual(refused("wrong type of ts"));
    expect(written({ ts: "1468244340", uid: [] })).toEqual(refused("wrong type of uid"));
    expect(read([0x82, ...str("ts"), 1, ...str("uid"), 0xa1, 0xff])).toEqual(refused("not MessagePack"));
    for (const bytes of [[], [0x01], [0x90], [0xdf, 0, 0], [0xdf, 0xff, 0xff, 0xff, 0xff, 0x01]]) {
      expect(read(bytes)).toEqual(refused("not MessagePack"));
    }
  });

  it("takes __proto__ for a name like any other", () => {
    const bytes = [0x83, ...str("ts"), 1, ...str("uid"), 2, ...str("__proto__"), ...encode({ note: "x" })];
    expect((read(bytes) as { note?: string }).note).toBeUndefined();
    const named = messagepack.pick({ ["__proto__"]: messagepack.int });
    expect(Object.entries(read([0x81, ...str("__proto__"), 7], named as never))).toEqual([["__proto__", 7]]);
  });

  it("refuses fields that cannot be", () => {
    expect(() => messagepack.pick({})).toThrow("ML1002");
    expect(() => messagepack.pick({ ts: "int" as never })).toThrow("ML1002");
    expect(() => messagepack.pick({ "\ud800": messagepack.int })).toThrow("ML1002");
  });
});
