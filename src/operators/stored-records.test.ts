import { serialize } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ValueInfo } from "./held-value.ts";
import { StoredRecords, storedRecord } from "./stored-records.ts";

const info: fc.Arbitrary<ValueInfo> = fc.record({
  time: fc.constantFrom(Number.NaN, 0, -0, 1_750_000_000_000),
  key: fc.constantFrom(undefined, "a", "b", 7, true),
  partition: fc.constantFrom(undefined, "frames-0", "frames-1"),
}) as fc.Arbitrary<ValueInfo>;
const record = fc.record({ info, weight: fc.double({ noNaN: true }), value: fc.uint8Array({ maxLength: 50 }) });

test("what is written is read back, whatever was written before", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (records) => {
      const writer = new StoredRecords();
      for (const one of records) {
        const bytes = new Uint8Array(writer.bytesOf(one.info, one.weight, one.value));
        const read = storedRecord(bytes);
        bytes.fill(0);
        expect(read).toEqual(one);
      }
    }),
  );
});

test("what was written as a structured clone is read as well", () => {
  fc.assert(
    fc.property(record, ({ info, weight, value }) => {
      expect(storedRecord(serialize([info, weight, value]))).toEqual({ info, weight, value });
    }),
  );
});

test("a torn record is refused", () => {
  const bytes = new Uint8Array(new StoredRecords().bytesOf({ time: 1, key: "k", partition: "p" }, 3, Uint8Array.of(1)));
  for (const length of [0, 1, 5, 12, 20]) expect(() => storedRecord(bytes.subarray(0, length))).toThrow();
});
