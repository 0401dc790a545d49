import { describe, expect, test } from "vitest";
import { type Decoder, Malformed } from "../../core/codec.ts";
import { BlockMemory } from "../block-memory.ts";
import { Block } from "./block.ts";
import { json } from "./index.ts";
import { Picks } from "./picks.ts";
import { RecordScan } from "./record-scan.ts";
import { ScanKernel } from "./scan-kernel.ts";
import { ScanTables } from "./scan-tables.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const fieldsOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, json.id]));

/** Lines one after another, in ordinary memory or in some that WebAssembly sees, and where each lies. */
function blockOf(lines: readonly string[], place: "elsewhere" | "in its memory") {
  const whole = utf8(`${lines.join("\n")}\n`);
  const bytes = place === "elsewhere" ? whole : BlockMemory.of(whole.length)!.bytes;
  bytes.set(whole);
  let at = 0;
  const bounds = lines.flatMap((line) => {
    const start = at;
    at += utf8(line).length + 1;
    return [start, at - 1];
  });
  return { bytes, bounds: Int32Array.from(bounds) };
}

describe.each(["elsewhere", "in its memory"] as const)("a block %s", (place) => {
  /** Decodes each line of a block, once as a block and once as records that come alone. */
  function bothWays(make: () => ReturnType<typeof json.pick>, lines: readonly string[]): [unknown[], unknown[]] {
    const { bytes, bounds } = blockOf(lines, place);
    const [inBlocks, alone] = [make(), make()];
    inBlocks.begin?.(bytes, bounds, lines.length);
    const each = (decoder: typeof alone) =>
      lines.map((_, i) => decoder.decode(bytes, bounds[2 * i]!, bounds[2 * i + 1]!));
    return [each(inBlocks), each(alone)];
  }

  test.each([
    ["short", 10],
    ["longer than what is copied", 700_000],
    ["very long", 5_000_000],
  ])("with a %s record gives what the records alone give", (_, fill) => {
    const long = `{"x":"${'y\\"'.repeat(fill / 3)}","a":1,"n":[{"a":2}],"b":"z"}`;
    const lines = [
      '{"a":"first","b":2}',
      long,
      '{"b":1}',
      '{"a":1,"b":',
      '{"\\u0061":"k","b":"\\n"}',
      '{"\\u006":1,"a":2}',
      "{}",
      "",
      "  ",
      '{"a":tru,"b":1}',
      ' { "b" : 1 , "a" : 2 } ',
    ];
    const [inBlocks, alone] = bothWays(() => json.pick({ a: json.id, b: json.id.optional() }), lines);
    expect(inBlocks).toEqual(alone);
    expect(inBlocks[0]).toEqual({ a: "first", b: "2" });
    expect(inBlocks[1]).toEqual({ a: "1", b: "z" });
    expect(inBlocks[4]).toEqual({ a: "k", b: "\n" });
    expect(inBlocks[10]).toEqual({ a: "2", b: "1" });
  });

  test.each([1, 63, 64, 65, 1000])("of %i records gives each its own values", (count) => {
    const lines = Array.from({ length: count }, (_, i) => (i % 7 === 3 ? `{"a":` : `{"\\u0061":${i},"c":"${i}"}`));
    const [inBlocks, alone] = bothWays(() => json.pick({ a: json.int }), lines);
    expect(inBlocks).toEqual(alone);
    expect(inBlocks[0]).toEqual({ a: 0 });
  });

  test.each([1, 16, 17])("%i fields, of which a record has some, in any order", (count) => {
    const all = Array.from({ length: count }, (_, i) => `"f${i}":${i}`);
    const lines = [`{${all.join(",")}}`, `{${all.reverse().join(" , ")} }`, `{"g":{"f0":9},${all.slice(1).join(",")}}`];
    const [inBlocks, alone] = bothWays(() => json.pick(fieldsOf(count)), lines);
    expect(inBlocks).toEqual(alone);
    expect(Object.keys(inBlocks[0] as object)).toHaveLength(count);
  });

  test.each([0, 1, 19, 30, 31, 32, 33, 200])("with values up to %i bytes long gives each as it is", (lengthMax) => {
    const digits = (i: number) => "9".repeat(1 + ((7 * i) % (1 + lengthMax)));
    const lines = Array.from({ length: 130 }, (_, i) => {
      const value = ["a", '"', "\\u0061", "é"]
        .map((text) => JSON.stringify(text.repeat(i % (1 + lengthMax))))
        .at(i % 4);
      return `{"id":${digits(i)},"text":${value},"next":${digits(i + 1)}, "one":"1${digits(i)}" }`;
    });
    const fields = { id: json.id, text: json.string, next: json.id, one: json.number.orText };
    const [inBlocks, alone] = bothWays(() => json.pick(fields), lines);
    expect(inBlocks).toEqual(alone);
    expect(inBlocks.map((value) => (value as { id: string }).id)).toEqual(lines.map((_, i) => digits(i)));
  });

  test("has the records that were told, asked for in order, and no others", () => {
    const { bytes, bounds } = blockOf(['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}'], place);
    const scan = new RecordScan(new Picks({ a: json.int }));
    scan.begin(new Block(bytes), bounds, 3);
    const found = (i: number) => scan.find(bytes, bounds[2 * i]!, bounds[2 * i + 1]!);
    expect(scan.find(bytes, 1, 7), "not where one begins").toBe(-1);
    expect(found(0)).toBe(0);
    expect(found(2), "one is left out").toBe(6);
    expect(found(1), "before the last").toBe(-1);
    expect(found(3), "behind the block").toBe(-1);
    expect(scan.find(bytes.slice(), bounds[4]!, bounds[5]!), "other bytes").toBe(-1);
  });
});

test("there is none with places that 32 bits with a sign do not hold", () => {
  expect(BlockMemory.of(2 ** 31)).toBeUndefined();
});

test("there are tables for up to 16 names of up to 16 bytes", () => {
  const inMemory = (names: string[]) => ScanTables.in(BlockMemory.of(100)!, names.map(utf8), 1);
  expect(ScanKernel.in(BlockMemory.of(100)!)).toBeDefined();
  expect(inMemory(["ts", "a".repeat(16)])).toBeDefined();
  expect(inMemory(["ts", "a".repeat(17)])).toBeUndefined();
  expect(inMemory(Array.from({ length: 17 }, (_, i) => `f${i}`))).toBeUndefined();
});

test("what one decoder copies leaves the tables of the next alone", () => {
  const lines = Array.from({ length: 64 }, (_, i) => {
    const long = Array.from({ length: 16 }, (_, field) => `"f${field}":"${String(i).repeat(14)}"`);
    return `{${long.join(",")},"a":${i}}`;
  });
  const { bytes, bounds } = blockOf(lines, "in its memory");
  const begun = <T>(decoder: Decoder<T>) => {
    decoder.begin?.(bytes, bounds, lines.length);
    return (i: number) => decoder.decode(bytes, bounds[2 * i]!, bounds[2 * i + 1]!);
  };
  const before = begun(json.pick(fieldsOf(16)));
  const decoder = json.pick({ a: json.int });
  const behind = begun(decoder);
  expect(behind(0)).toEqual({ a: 0 });
  expect(before(0)).toMatchObject({ f0: "0".repeat(14), f15: "0".repeat(14) });
  expect(behind(63)).toEqual({ a: 63 });
  expect(before(63)).toMatchObject({ f0: "63".repeat(14), f15: "63".repeat(14) });
  expect(begun(decoder)(5), "its names are as they were").toEqual({ a: 5 });
});

test("a memory has room for the tables of some decoders; those of the others copy", () => {
  const { bytes, bounds } = blockOf(['{"a":1}', '{"a":2}'], "in its memory");
  const decoders = Array.from({ length: 300 }, () => json.pick({ a: json.int }));
  expect(ScanTables.in(BlockMemory.behind(bytes)!, [utf8("a")], decoders.length), "too many for it").toBeUndefined();
  for (const decoder of decoders) decoder.begin?.(bytes, bounds, 2);
  const seconds = decoders.map((decoder) => decoder.decode(bytes, bounds[2]!, bounds[3]!));
  expect(seconds).toEqual(decoders.map(() => ({ a: 2 })));
});

test.each([
  ["a name, written with escapes", '"\\u0062\\u0061"', 1],
  ["a name and more", '"\\u0062ac"', undefined],
  ["a name's beginning", '"\\u0062"', undefined],
  ["a name of other characters", '"\\u0142"', 2],
  ["a short escape", '"\\/a\\tb"', 3],
  ["16 characters", '"\\u0061bcdefghijklmnop"', 4],
  ["more than any name has", '"\\u0061bcdefghijklmnopq"', undefined],
  ["no escape behind one", '"\\u0062\\x61"', "refused"],
  ["half an escape behind one", '"\\u0062\\u061"', "refused"],
  ["a control character behind one", '"\\u0062\u0001"', "refused"],
  ["a control character, in what is no field", '"\\u0063\u0001"', undefined],
])("a key: %s", (_, key, value) => {
  const lines = [`{${key}:7}`, `{"x":1,${key}:7,"y":[2]}`];
  const names = ["ba", "ł", "/a\tb", "abcdefghijklmnop"];
  const decoder = json.pick(Object.fromEntries(names.map((name) => [name, json.int.optional()])));
  const { bytes, bounds } = blockOf(lines, "in its memory");
  decoder.begin?.(bytes, bounds, 2);
  const got = lines.map((_, i) => decoder.decode(bytes, bounds[2 * i]!, bounds[2 * i + 1]!));
  const field = typeof value === "number" ? names[value - 1] : undefined;
  const expected =
    value === "refused" ? new Malformed("not JSON") : { ...nothing(names), ...(field && { [field]: 7 }) };
  expect(got).toEqual([expected, expected]);
});

function nothing(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
