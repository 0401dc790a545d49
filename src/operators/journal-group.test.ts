import fc from "fast-check";
import { expect, test } from "vitest";
import { Slice } from "../core/records.ts";
import type { ValueCodec } from "../state/value-codec.ts";
import { heldValueCodec } from "./held-value.ts";
import { groupBytes, JournalRecord, PackedGroup } from "./journal-group.ts";

const info = fc.record({
  time: fc.constantFrom(Number.NaN, 0, -0, 1.5, 1e15),
  key: fc.constantFrom(undefined, "a", 7, { deep: [1] }),
  partition: fc.constantFrom(undefined, "p", "q"),
});

function sliceOf(bytes: Uint8Array): Slice {
  const slice = new Slice();
  slice.buffer = Uint8Array.from([9, ...bytes, 9]);
  slice.start = 1;
  slice.end = 1 + bytes.length;
  return slice;
}

function recordsOf(bytes: Uint8Array, codec: ValueCodec<unknown>): JournalRecord[] {
  const group = new PackedGroup(bytes, codec);
  return Array.from({ length: group.size }, () => group.next());
}

function plain({ value, time, key, partition }: JournalRecord) {
  return { value: value instanceof Slice ? { slice: [...value.copy()] } : value, time, key, partition };
}

test("records come out of a group as they went in, whatever they are", () => {
  const value = fc.oneof(fc.integer(), fc.string(), fc.jsonValue(), fc.uint8Array().map(sliceOf), fc.uint8Array());
  fc.assert(
    fc.property(fc.array(fc.tuple(value, info)), (given) => {
      const records = given.map(([one, what]) => new JournalRecord(one, what));
      const restored = recordsOf(groupBytes(records, heldValueCodec), heldValueCodec);
      expect(restored.map(plain)).toEqual(records.map(plain));
    }),
    { numRuns: 500 },
  );
});

test("a codec of one's own gets each value's bytes back, empty ones too", () => {
  const text: ValueCodec<unknown> = {
    encode: (value) => Buffer.from(String(value)),
    decode: (bytes) => Buffer.from(bytes).toString(),
  };
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: "grapheme" }), info)), (given) => {
      const records = given.map(([one, what]) => new JournalRecord(one, what));
      expect(recordsOf(groupBytes(records, text), text).map(plain)).toEqual(records.map(plain));
    }),
  );
});
