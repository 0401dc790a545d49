import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockEncoder, blockChecksum, blockHeaderBytes, readPayload } from "./block.ts";

type Change = readonly [store: string, key: string, value: string | undefined];

function decode(bytes: Uint8Array): { readonly changes: Change[]; readonly blocks: number } {
  const buffer = Buffer.from(bytes);
  const changes: Change[] = [];
  let blocks = 0;
  for (let at = 0; at < buffer.length; blocks++) {
    const end = at + blockHeaderBytes + buffer.readUInt32LE(at);
    expect(buffer.readUInt32LE(at + 4)).toBe(blockChecksum(buffer, at, end));
    readPayload(buffer.subarray(at + blockHeaderBytes, end), (store, key, value) =>
      changes.push([store, key, value && Buffer.from(value).toString("latin1")]),
    );
    at = end;
  }
  return { changes, blocks };
}

const text = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "\ud800", "a\udc00b"));
const value = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined });

test("changes come back as they were given, in blocks that each stand alone", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("a", "b", "\ud800"), text, value)),
      fc.integer({ min: 1, max: 500 }),
      (given, size) => {
        const encoder = new BlockEncoder(size);
        for (const [store, key, value] of given) {
          encoder.store(store);
          if (value === undefined) encoder.delete(key);
          else encoder.put(key, value);
        }
        encoder.seal();
        const { changes } = decode(encoder.bytes());
        expect(changes).toEqual(
          given.map(([store, key, value]) => [store, key, value && Buffer.from(value).toString("latin1")]),
        );
      },
    ),
  );
});

test("a block is sealed when it is long enough, and an encoder is used again after clear", () => {
  const encoder = new BlockEncoder(1000);
  for (let round = 0; round < 3; round++) {
    encoder.store("s");
    for (let i = 0; i < 100; i++) encoder.put(`key ${i}`, new Uint8Array(92));
    encoder.seal();
    const { changes, blocks } = decode(encoder.bytes());
    expect([changes.length, blocks]).toEqual([100, 10]);
    encoder.clear();
    expect(encoder.bytes().length).toBe(0);
  }
});

test("an open block is not among the bytes", () => {
  const encoder = new BlockEncoder(1000);
  encoder.store("s");
  encoder.put("a", new Uint8Array(3));
  expect(encoder.bytes().length).toBe(0);
  encoder.seal();
  expect(encoder.bytes().length).toBe(encoder.size);
});

test("a payload that is none throws a RangeError and reads nothing beyond its end", () => {
  const encoder = new BlockEncoder(1000);
  encoder.store("s");
  encoder.put("key", new Uint8Array(20));
  encoder.seal();
  const payload = Buffer.from(encoder.bytes().subarray(blockHeaderBytes));
  for (let cut = 1; cut < payload.length; cut++) {
    if (cut === 6) continue; // Just the store's record: a whole payload.
    expect(() => readPayload(payload.subarray(0, cut), () => {})).toThrow(RangeError);
  }
  payload[0] = 9;
  expect(() => readPayload(payload, () => {})).toThrow("no record of kind 9");
});
