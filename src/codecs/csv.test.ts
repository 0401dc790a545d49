import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type Codec, Malformed } from "../core/codec.ts";
import { csv } from "./csv.ts";

function decode<T>(codec: Codec<T>, text: string): T | string {
  // Bytes around the record must not matter.
  const bytes = Buffer.from(`",9${text}9,"`);
  const value = codec.decode(bytes, 3, bytes.length - 3);
  return value instanceof Malformed ? value.reason : value;
}

describe("csv", () => {
  const codec = csv({
    columns: { id: csv.int, name: csv.text, share: csv.number, on: csv.boolean, note: csv.optional(csv.text) },
  });

  it("gives a record the columns' types", () => {
    expectTypeOf(codec).toEqualTypeOf<
      Codec<{
        readonly id: number;
        readonly name: string;
        readonly share: number;
        readonly on: boolean;
        readonly note: string | undefined;
      }>
    >();
    expectTypeOf(csv.ints("user", "video")).toEqualTypeOf<Codec<Record<"user" | "video", number>>>();
  });

  it("reads fields with and without quotes", () => {
    const row = { id: -7, name: 'say "hi", twice\n', share: 0.25, on: true, note: undefined };
    expect(decode(codec, '-7,"say ""hi"", twice\n",.25,true,')).toEqual(row);
    expect(decode(codec, '"1"," a ",1e3,false,""')).toEqual({ id: 1, name: " a ", share: 1000, on: false, note: "" });
  });

  it.each([
    ["1,a,1,true", "too few fields"],
    ["", "id is not an integer"],
    ["1", "too few fields"],
    ["1,a,1,true,,", "too many fields"],
    ["1,a,1,true,n,x", "too many fields"],
    ["x,a,1,true,", "id is not an integer"],
    ["1.5,a,1,true,", "id is not an integer"],
    ["-,a,1,true,", "id is not an integer"],
    ["9007199254740992,a,1,true,", "id is not an integer"],
    ["1,a,0x10,true,", "share is not a number"],
    ["1,a,1e999,true,", "share is not a number"],
    ["1,a,Infinity,true,", "share is not a number"],
    ["1,a,,true,", "share is not a number"],
    ["1,a,1,yes,", "on is not true or false"],
    ['1,"a,1,true,', "a quote is not closed"],
    ['1,"a""', "a quote is not closed"],
    ['1,"a"b,1,true,', "text after a closing quote"],
    ['1,a"b,1,true,', "a quote within a field without quotes"],
  ])("refuses %j: %s", (text, reason) => {
    expect(decode(codec, text)).toBe(reason);
  });

  it("takes the largest integers", () => {
    expect(decode(csv.ints("a", "b"), "9007199254740991,-9007199254740991")).toEqual({
      a: Number.MAX_SAFE_INTEGER,
      b: -Number.MAX_SAFE_INTEGER,
    });
    expect(decode(csv.ints("a"), "-0")).toEqual({ a: 0 });
  });

  it("takes another separator", () => {
    const semicolons = csv({ columns: { a: csv.text, b: csv.text }, separator: ";" });
    expect(decode(semicolons, 'x,y;"z;"')).toEqual({ a: "x,y", b: "z;" });
    expect(semicolons.encode({ a: "x,y", b: ";" })).toBe('x,y;";"');
  });

  it("gives back what it wrote", () => {
    const text = fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "a", " ", "é", "🌊", ";"), maxLength: 12 });
    const rows = fc.record({
      id: fc.maxSafeInteger().map((n) => n || 0),
      name: text,
      share: fc.double({ noNaN: true, noDefaultInfinity: true }),
      on: fc.boolean(),
      note: fc.option(text, { nil: undefined }),
    });
    fc.assert(
      fc.property(rows, (row) => {
        expect(decode(codec, codec.encode(row) as string)).toEqual(row);
      }),
      { numRuns: 1000 },
    );
    const alone = csv({ columns: { only: csv.text } });
    fc.assert(
      fc.property(text, (only) => {
        expect(decode(alone, alone.encode({ only }) as string)).toEqual({ only });
      }),
    );
    expect(alone.encode({ only: "" })).toBe('""');
  });

  it("throws at values that no field can hold", () => {
    const row = { id: 1, name: "", share: 1, on: true, note: undefined };
    expect(() => codec.encode({ ...row, id: 1.5 })).toThrow("not an integer");
    expect(() => codec.encode({ ...row, share: Number.NaN })).toThrow("not a number");
  });

  it("never throws at bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const value = codec.decode(bytes, 0, bytes.length);
        expect(typeof value).toBe("object");
      }),
    );
  });

  it("refuses to be made without columns, or with one that would change the record's prototype", () => {
    expect(() => csv({ columns: {} })).toThrow("ML1002");
    expect(() => csv({ columns: { ["__proto__"]: csv.int } })).toThrow("ML1002");
    expect(() => csv({ columns: { a: csv.int }, separator: "ab" })).toThrow("ML1002");
  });
});
