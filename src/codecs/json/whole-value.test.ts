import { describe, expect, expectTypeOf, it } from "vitest";
import { type Codec, Malformed } from "../../core/codec.ts";
import { json, type StandardSchema } from "./index.ts";

function decode<T>(codec: Codec<T>, record: string | Uint8Array): T | Malformed {
  const bytes = Buffer.concat([Buffer.from("{["), Buffer.from(record), Buffer.from("1}]")]);
  return codec.decode(bytes, 2, bytes.length - 3);
}

/** A validator of this test's own: takes what `accepts` takes, doubled in an array. */
function schema<T>(accepts: (value: unknown) => value is T): StandardSchema<[T]> {
  const validate = (value: unknown) => (accepts(value) ? { value: [value] as [T] } : { issues: [{ message: "no" }] });
  return { "~standard": { version: 1, vendor: "test", validate } };
}

const text = schema((value) => typeof value === "string");

describe("json()", () => {
  it.each(["null", "1.5", '"é\\ud800"', "[]", '{"a":[{"b":null}],"c":"😀"}', " 1\n", '{"a":1,"a":2}'])(
    "decodes %s as JSON.parse does",
    (record) => {
      expect(decode(json(), record)).toEqual(JSON.parse(record));
    },
  );

  it.each(["", " ", "{", "01", "\ufeff1", "1 2", "undefined", "NaN", "'a'", '"\t"'])("refuses %j", (record) => {
    expect(decode(json(), record)).toEqual(new Malformed("not JSON"));
  });

  it("refuses what is not UTF-8, where JSON.parse would see a replacement character", () => {
    expect(decode(json(), Uint8Array.of(0x22, 0xff, 0x22))).toEqual(new Malformed("not JSON"));
  });

  it("takes nesting of any depth", () => {
    const levels = 100_000;
    expect(decode(json(), "[".repeat(levels) + "]".repeat(levels))).toBeInstanceOf(Array);
  });

  it("keeps __proto__ a property", () => {
    const value = decode(json<Record<string, unknown>>(), '{"__proto__":{"polluted":true}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("encodes as JSON.stringify does, and throws at what has no JSON text", () => {
    expect(json().encode({ ts: 1, cnt: [2, "\n"] })).toBe('{"ts":1,"cnt":[2,"\\n"]}');
    expect(() => json().encode(undefined)).toThrow(TypeError);
    expect(() => json().encode(() => 1)).toThrow(TypeError);
    expect(() => json().encode(1n)).toThrow(TypeError);
  });
});

describe("json(schema)", () => {
  it("gives the schema's output, or Malformed", () => {
    const codec = json(text);
    expectTypeOf(codec).toEqualTypeOf<Codec<[string]>>();
    expect(decode(codec, '"a"')).toEqual(["a"]);
    expect(decode(codec, "1")).toEqual(new Malformed("not valid"));
    expect(decode(codec, "x")).toEqual(new Malformed("not JSON"));
  });

  it("throws ML1002 at an asynchronous schema, and leaves no rejection unhandled", () => {
    const validate = () => Promise.reject(new Error("too late"));
    const codec = json({ "~standard": { version: 1, vendor: "test", validate } } as StandardSchema<string>);
    expect(() => decode(codec, "1")).toThrow(expect.objectContaining({ code: "ML1002" }));
  });

  it("throws ML1002 when the schema is none", () => {
    expect(() => json({} as never)).toThrow(expect.objectContaining({ code: "ML1002" }));
  });

  it("lets what the schema throws be the step's failure", () => {
    const validate = () => {
      throw new RangeError("mine");
    };
    const codec = json({ "~standard": { version: 1, vendor: "test", validate } } as StandardSchema<string>);
    expect(() => decode(codec, "1")).toThrow(RangeError);
  });
});
