import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Malformed } from "../../core/codec.ts";
import { json } from "./index.ts";

const modes = ["onDemand", "strict"] as const;
/** A real file beside the repository, where there is one. */
const sample = new URL("../../../../shared/data/frames-20k.jsonl.gz", import.meta.url).pathname;
const encoder = new TextEncoder();

function decode(text: string | Uint8Array, mode: "onDemand" | "strict", fields = { ts: json.int, uid: json.string }) {
  const record = typeof text === "string" ? encoder.encode(text) : text;
  const bytes = new Uint8Array(record.length + 7).fill(0x7d);
  bytes.set(record, 3);
  const value = json.pick(fields, { mode }).decode(bytes, 3, 3 + record.length);
  return value instanceof Malformed ? value.reason : value;
}

const picked = { ts: 5, uid: "u" };

describe.each(modes)("json.pick, %s", (mode) => {
  it.each([
    ["in order", '{"ts":5,"uid":"u"}'],
    ["in the other order", '{"uid":"u","ts":5}'],
    ["white space everywhere", ' \t{ "ts" : 5 ,\r\n "uid":\n"u" } \n'],
    ["behind decoys in containers", '{"a":{"ts":1,"uid":"x"},"b":[{"ts":2}],"ts":5,"uid":"u"}'],
    ["behind decoys in strings", '{"a":"\\"ts\\":1,","b":"\\\\","uid":"u","ts":5}'],
    ["keys alike", '{"t":1,"tsx":2,"st":3,"ui":4,"uidd":5,"ts":5,"uid":"u"}'],
    [
      "behind escaped keys alike",
      '{"\\u0074":1,"\\u0074t":2,"\\t":3,"\\ud83d":4,"ts\\u0000":5,"ts":5,"\\u00fcid":6,"uid":"u"}',
    ],
    ["escaped keys", '{"\\u0074s":5,"u\\u0069d":"u"}'],
    ["all kinds of values between", '{"a":-1.5e+3,"b":null,"c":true,"d":[],"e":{},"ts":5,"f":"\\ud800","uid":"u"}'],
    ["non-Latin text", '{"Ключ":"Часы надежд и наслаждений","ts":5,"😀":"😀","uid":"u"}'],
    ["an escaped value", '{"ts":5,"uid":"\\u0075"}'],
    ["a number written at length", '{"ts":0.5e1,"uid":"u"}'],
    ["brackets in strings", '{"a":["]"],"b":{"c":"}"},"ts":5,"uid":"u"}'],
    ["deep nesting", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)},"ts":5,"uid":"u"}`],
  ])("takes fields %s", (_, text) => {
    expect(decode(text, mode)).toEqual(picked);
  });

  it.each([
    ["nothing", "", "not JSON"],
    ["spaces", "  ", "not JSON"],
    ["an array", '["ts"]', "not JSON"],
    ["a number", "5", "not JSON"],
    ["a lone brace", "}", "not JSON"],
    ["an empty object", "{}", "no ts"],
    ["an empty object with space", "{ }", "no ts"],
    ["a field missing", '{"ts":5}', "no uid"],
    ["the first of two missing", "{}", "no ts"],
    ["a decoy only", '{"a":{"ts":5,"uid":"u"}}', "no ts"],
    ["text for a number", '{"ts":"5","uid":"u"}', "wrong type of ts"],
    ["a fraction for a whole number", '{"ts":5.5,"uid":"u"}', "wrong type of ts"],
    ["a number beyond 2^53", '{"ts":9007199254740993,"uid":"u"}', "wrong type of ts"],
    ["a number for text", '{"ts":5,"uid":7}', "wrong type of uid"],
    ["null", '{"ts":5,"uid":null}', "wrong type of uid"],
    ["an object for text", '{"ts":5,"uid":{}}', "wrong type of uid"],
    ["an array for a number", '{"ts":[5],"uid":"u"}', "wrong type of ts"],
    ["a cut record", '{"ts":5,"uid":"u"', "not JSON"],
    ["a cut string", '{"ts":5,"uid":"u}', "not JSON"],
    ["a cut container", '{"a":[{"ts":5,"uid":"u"}', "not JSON"],
    ["the root's brace taken by a container", '{"a":{"b":1}', "not JSON"],
    ["no colon", '{"ts" 5,"uid":"u"}', "not JSON"],
    ["another sign for a colon", '{"ts"=5,"uid":"u"}', "not JSON"],
    ["a root that ends early", '{"ts":5,"uid":"u"}}', "not JSON"],
    ["a second object behind it", '{"ts":5,"uid":"u"}{}', "not JSON"],
    ["a second object behind an empty one", "{}{}", "not JSON"],
    ["no comma", '{"ts":5 "uid":"u"}', "not JSON"],
    ["no value", '{"ts":,"uid":"u"}', "not JSON"],
    ["a comma too many", '{,"ts":5,"uid":"u"}', "not JSON"],
    ["a key without quotes", '{ts:5,"uid":"u"}', "not JSON"],
    ["a leading zero", '{"ts":05,"uid":"u"}', "not JSON"],
    ["a leading plus", '{"ts":+5,"uid":"u"}', "not JSON"],
    ["no digit behind the point", '{"ts":5.,"uid":"u"}', "not JSON"],
    ["no digit in the exponent", '{"ts":5e,"uid":"u"}', "not JSON"],
    ["a number with a tail", '{"uid":"u","ts":5x}', "not JSON"],
    ["a word that is none", '{"a":nul,"ts":5,"uid":"u"}', "not JSON"],
    ["a bad escape in a value", '{"ts":5,"uid":"\\x"}', "not JSON"],
    ["a bad escape in a key that may be a field", '{"\\u0074\\x":1,"ts":5,"uid":"u"}', "not JSON"],
    ["a control character in a value", '{"ts":5,"uid":"a\tb"}', "not JSON"],
    ["a control character in a key", '{"a\tb":1,"ts":5,"uid":"u"}', "not JSON"],
    ["a byte order mark", '\ufeff{"ts":5,"uid":"u"}', "not JSON"],
    ["NUL behind it", '{"ts":5,"uid":"u"}\0', "not JSON"],
  ])("refuses %s", (_, text, reason) => {
    expect(decode(text, mode)).toBe(reason);
  });

  it("refuses a value that is not UTF-8", () => {
    const bytes = Uint8Array.from([...encoder.encode('{"ts":5,"uid":"'), 0xc3, 0x28, ...encoder.encode('"}')]);
    expect(decode(bytes, mode)).toBe("not JSON");
  });

  it("sees no byte behind the end, not even where an unclosed string or container calls for it", () => {
    const decoder = json.pick({ ts: json.int }, { mode });
    const whole = '{"a":"}","ts":5}';
    const bytes = encoder.encode(whole);
    expect(decoder.decode(bytes, 0, bytes.length)).toEqual({ ts: 5 });
    for (let end = 0; end < whole.length; end++)
      expect(decoder.decode(bytes, 0, end)).toEqual(new Malformed("not JSON"));
    const both = json.pick({ ts: json.int, a: json.string }, { mode });
    const cut = encoder.encode('{"ts":5,"a":"},"}');
    expect(both.decode(cut, 0, 14)).toEqual(new Malformed("not JSON"));
  });

  it("finds a field of any name, and one named __proto__ touches no prototype", () => {
    const decoder = json.pick(
      { "": json.int, __proto: json.int, ["__proto__"]: json.string, 'a"\n': json.int },
      { mode },
    );
    const bytes = encoder.encode('{"":1,"__proto":2,"__proto__":"p","a\\"\\n":3}');
    const value = decoder.decode(bytes, 0, bytes.length);
    expect(Object.entries(value)).toEqual([
      ["", 1],
      ["__proto", 2],
      ["__proto__", "p"],
      ['a"\n', 3],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).p).toBeUndefined();
  });

  it("agrees with JSON.parse on a real file", { skip: !existsSync(sample) }, () => {
    const lines = gunzipSync(readFileSync(sample));
    const decoder = json.pick({ ts: json.int.orText, uid: json.id }, { mode });
    const bounds = new Int32Array(40_000);
    for (let i = 0, start = 0; i < bounds.length; i += 2) {
      bounds[i] = start;
      bounds[i + 1] = lines.indexOf(0x0a, start);
      start = bounds[i + 1]! + 1;
    }
    decoder.begin?.(lines, bounds, bounds.length / 2);
    let count = 0;
    for (let start = 0; start < lines.length; count++) {
      const end = lines.indexOf(0x0a, start);
      const { ts, uid } = JSON.parse(lines.toString("utf8", start, end)) as { ts: number; uid: string };
      expect(decoder.decode(lines, start, end)).toEqual({ ts, uid });
      start = end + 1;
    }
    expect(count).toBe(20_000);
  });
});

describe("where the modes differ", () => {
  it.each([
    ["rubbish behind the last picked field", '{"ts":5,"uid":"u",!}', picked],
    ["a bad escape in a key passed over", '{"\\x":1,"ts":5,"uid":"u"}', picked],
    ["a bad escape in a string passed over", '{"a":"\\x","ts":5,"uid":"u"}', picked],
    ["a control character in a string passed over", '{"a":"\n","ts":5,"uid":"u"}', picked],
    ["bad grammar in a container passed over", '{"a":[1 2,,],"ts":5,"uid":"u"}', picked],
    ["brackets of two kinds", '{"a":[1},"ts":5,"uid":"u"}', picked],
    ["a number with a tail in a container passed over", '{"a":[1x],"ts":5,"uid":"u"}', picked],
  ])("onDemand does not see %s, strict does", (_, text, value) => {
    expect(decode(text, "onDemand")).toEqual(value);
    expect(decode(text, "strict")).toBe("not JSON");
  });

  it("of a double field onDemand takes the first, strict the last, as JSON.parse does", () => {
    const text = '{"ts":5,"uid":"u","ts":6,"\\u0075id":"v"}';
    expect(decode(text, "onDemand")).toEqual({ ts: 5, uid: "u" });
    expect(decode(text, "strict")).toEqual({ ts: 6, uid: "v" });
    expect(decode('{"ts":"x","ts":6,"uid":"v"}', "strict")).toEqual({ ts: 6, uid: "v" });
  });
});

describe("json.pick", () => {
  it("says what it reads", () => {
    expect(json.pick({ ts: json.int, uid: json.id }).name).toBe("json.pick(ts, uid)");
    expect(json.pick({ ts: json.int }, { mode: "strict" }).name).toBe("json.pick(ts; strict)");
  });

  it("returns the same reason object every time, and objects of their own", () => {
    const decoder = json.pick({ ts: json.int });
    const bad = encoder.encode("{}");
    expect(decoder.decode(bad, 0, 2)).toBe(decoder.decode(bad, 0, 2));
    const good = encoder.encode('{"ts":1}{"ts":2}');
    const first = decoder.decode(good, 0, 8);
    expect(decoder.decode(good, 8, 16)).toEqual({ ts: 2 });
    expect(first).toEqual({ ts: 1 });
  });

  it("forgets the record before", () => {
    const decoder = json.pick({ ts: json.int, uid: json.string.optional() });
    const bytes = encoder.encode('{"ts":1,"uid":"u"}{"ts":2}');
    decoder.decode(bytes, 0, 18);
    expect(decoder.decode(bytes, 18, 26)).toEqual({ ts: 2, uid: undefined });
  });

  it("has a type for every field", () => {
    const decoder = json.pick({ ts: json.int.orText, n: json.number.optional(), id: json.id, ok: json.boolean });
    type Value = Exclude<ReturnType<typeof decoder.decode>, Malformed>;
    expectTypeOf<Value>().toEqualTypeOf<{ ts: number; n: number | undefined; id: string; ok: boolean }>();
  });

  it.each([
    ["no field", () => json.pick({})],
    ["a field without a type", () => json.pick({ ts: "int" as never })],
    ["a name that UTF-8 cannot hold", () => json.pick({ "\ud800": json.int })],
    ["an unknown mode", () => json.pick({ ts: json.int }, { mode: "lax" as never })],
  ])("throws ML1002 for %s", (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "ML1002" }));
  });
});
