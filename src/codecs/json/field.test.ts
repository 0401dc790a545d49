import { describe, expect, it } from "vitest";
import { Malformed } from "../../core/codec.ts";
import { json } from "./index.ts";

const encoder = new TextEncoder();
const wrong = "wrong type of x";

function read(field: Parameters<typeof json.pick>[0][string], value: string): unknown {
  const bytes = encoder.encode(`{"x":${value}}`);
  const result = json.pick({ x: field }, { mode: "strict" }).decode(bytes, 0, bytes.length);
  return result instanceof Malformed ? result.reason : (result as { x: unknown }).x;
}

describe("numbers", () => {
  it.each([
    ["0", 0],
    ["-0", -0],
    ["-12", -12],
    ["1468244340", 1468244340],
    ["123456789012345", 123456789012345],
    ["1234567890123456", 1234567890123456],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", wrong],
    ["1.0", 1],
    ["1E+2", 100],
    ["1.5", wrong],
    ["1e999", wrong],
    ['"1"', wrong],
    ["true", wrong],
    ["null", wrong],
    ["[1]", wrong],
    ["01", "not JSON"],
    [".5", "not JSON"],
    ["1.", "not JSON"],
    ["-", "not JSON"],
  ])("json.int makes of %s %s", (text, value) => {
    expect(read(json.int, text)).toBe(value);
  });

  it.each([
    ["1.5", 1.5],
    ["1e-7", 1e-7],
    ["9007199254740993", 9007199254740992],
    ["69259308410200492", Number("69259308410200492")], // one that adding digit by digit gets wrong
    ["5e-324", 5e-324],
    ["1e999", wrong],
    ["-1e999", wrong],
    ['"1.5"', wrong],
  ])("json.number makes of %s %s", (text, value) => {
    expect(read(json.number, text)).toBe(value);
  });

  it.each([
    ["1468244340", 1468244340],
    ['"1468244340"', 1468244340],
    ['"-3"', -3],
    ['"1e3"', 1000],
    ['"\\u0031"', 1],
    ['"1.5"', wrong],
    ['""', wrong],
    ['" 1"', wrong],
    ['"1 "', wrong],
    ['"01"', wrong],
    ['"0x1"', wrong],
    ['"1_000"', wrong],
    ['"Infinity"', wrong],
    ['"9007199254740993"', wrong],
    ["true", wrong],
  ])("json.int.orText makes of %s %s", (text, value) => {
    expect(read(json.int.orText, text)).toBe(value);
  });

  it("json.number.orText takes fractions as text", () => {
    expect(read(json.number.orText, '"1.5"')).toBe(1.5);
  });
});

describe("text", () => {
  it.each([
    ['""', ""],
    ['"abc"', "abc"],
    ['"Часы 😀"', "Часы 😀"],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['"\\ud83d\\ude00"', "😀"],
    ['"\\ud800"', "\ud800"],
    ['"\\u0000"', "\0"],
    ['"\u007f\u2028\ufeff"', "\u007f\u2028\ufeff"],
    [`"${"long ".repeat(50)}"`, "long ".repeat(50)],
    ["1", wrong],
    ["null", wrong],
    ["{}", wrong],
  ])("json.string makes of %s %j", (text, value) => {
    expect(read(json.string, text)).toBe(value);
  });

  it.each([
    ['"u1"', "u1"],
    ["17", "17"],
    ["-17", "-17"],
    ["0", "0"],
    ["-0", "0"],
    ["9007199254740993", "9007199254740993"],
    ["1.50", "1.5"],
    ["1e3", "1000"],
    ["1e999", wrong],
    ["true", wrong],
    ["[]", wrong],
  ])("json.id makes of %s %s", (text, value) => {
    expect(read(json.id, text)).toBe(value);
  });
});

describe("other types", () => {
  it("json.boolean takes true and false", () => {
    expect(read(json.boolean, "true")).toBe(true);
    expect(read(json.boolean, "false")).toBe(false);
    expect(read(json.boolean, '"true"')).toBe(wrong);
    expect(read(json.boolean, "null")).toBe(wrong);
  });

  it("an optional field may be missing, and must else be of its type", () => {
    const bytes = encoder.encode('{"y":1}');
    const decoder = json.pick({ x: json.int.orText.optional() });
    expect(decoder.decode(bytes, 0, bytes.length)).toStrictEqual({ x: undefined });
    expect(read(json.int.optional(), "1")).toBe(1);
    expect(read(json.int.optional(), "null")).toBe(wrong);
  });
});
