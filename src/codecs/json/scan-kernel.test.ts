import { expect, test } from "vitest";
import { json } from "./index.ts";
import { ScanKernel } from "./scan-kernel.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const fieldsOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, json.id]));

/** Decodes each line of a block, once as a block and once as records that come alone. */
function bothWays(make: () => ReturnType<typeof json.pick>, lines: readonly string[]): [unknown[], unknown[]] {
  const block = utf8(`${lines.join("\n")}\n`);
  const [inBlocks, alone] = [make(), make()];
  inBlocks.begin?.(block, 0, block.length);
  let at = 0;
  const results: [unknown[], unknown[]] = [[], []];
  for (const line of lines) {
    const end = at + utf8(line).length;
    results[0].push(inBlocks.decode(block, at, end));
    results[1].push(alone.decode(block, at, end));
    at = end + 1;
  }
  return results;
}

test("there is a kernel here, for up to 16 names of up to 16 bytes", () => {
  expect(ScanKernel.of([utf8("ts"), utf8("a".repeat(16))])).toBeDefined();
  expect(ScanKernel.of([utf8("ts"), utf8("a".repeat(17))])).toBeUndefined();
  expect(ScanKernel.of(Array.from({ length: 17 }, (_, i) => utf8(`f${i}`)))).toBeUndefined();
});

test("it has the records of the run it was given, and no others", () => {
  const kernel = ScanKernel.of([utf8("a")])!;
  const bytes = new Uint8Array(100);
  kernel.begin(bytes, 10, 90);
  expect(kernel.has(bytes, 10, 90)).toBe(true);
  expect(kernel.has(bytes, 9, 90)).toBe(false);
  expect(kernel.has(bytes, 10, 91)).toBe(false);
  expect(kernel.has(new Uint8Array(100), 10, 90)).toBe(false);
});

test.each([
  ["short", 10],
  ["longer than its memory is at first", 700_000],
  ["longer than it copies", 5_000_000],
])("a block %s gives what the records alone give", (_, fill) => {
  const long = `{"x":"${'y\\"'.repeat(fill / 3)}","a":1,"n":[{"a":2}],"b":"z"}`;
  const lines = [
    '{"a":"first","b":2}',
    long,
    '{"b":1}',
    '{"a":1,"b":',
    '{"\\u0061":"k","b":"\\n"}',
    "{}",
    '{"a":tru,"b":1}',
  ];
  const [inBlocks, alone] = bothWays(() => json.pick({ a: json.id, b: json.id.optional() }), lines);
  expect(inBlocks).toEqual(alone);
  expect(inBlocks[0]).toEqual({ a: "first", b: "2" });
  expect(inBlocks[1]).toEqual({ a: "1", b: "z" });
  expect(inBlocks[4]).toEqual({ a: "k", b: "\n" });
});

test.each([1, 16, 17])("%i fields, of which a record has some, in any order", (count) => {
  const all = Array.from({ length: count }, (_, i) => `"f${i}":${i}`);
  const lines = [`{${all.join(",")}}`, `{${all.reverse().join(" , ")} }`, `{"g":{"f0":9},${all.slice(1).join(",")}}`];
  const [inBlocks, alone] = bothWays(() => json.pick(fieldsOf(count)), lines);
  expect(inBlocks).toEqual(alone);
  expect(Object.keys(inBlocks[0] as object)).toHaveLength(count);
});
