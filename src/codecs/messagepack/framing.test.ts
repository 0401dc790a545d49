import { decode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutRecords } from "../cut-fixture.ts";
import { encoded, noise } from "./encoded-fixture.ts";
import { framing } from "./framing.ts";
import { nestingMax, ValueFinder } from "./value-finder.ts";

const blockSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const small = { recordBytesMax: 20, batchRecordsMax: 3 };

describe("finding MessagePack values one after another", () => {
  it("finds each value, of every form, however the bytes are cut into blocks and batches", () => {
    fc.assert(
      fc.property(fc.array(encoded, { maxLength: 12 }), blockSizes, (values, sizes) => {
        let offset = 0;
        const expected = values.map((value) => {
          const refused = value.length > 20 ? { refused: "record too long" } : {};
          const record = { offset, hex: Buffer.from(value.slice(0, 20)).toString("hex"), ...refused };
          offset += value.length;
          return record;
        });
        expect(cutRecords(framing, Buffer.from(values.flat()), sizes, small)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes any bytes, gives each of them to one record, and finds the same records however they are cut", () => {
    fc.assert(
      fc.property(noise, blockSizes, (bytes, sizes) => {
        const found = cutRecords(framing, bytes, sizes);
        expect(found.map((one) => one.hex).join("")).toBe(bytes.toString("hex"));
        expect(found).toEqual(cutRecords(framing, bytes, [1000]));
        expect(cutRecords(framing, bytes, sizes, small)).toEqual(cutRecords(framing, bytes, [1000], small));
      }),
      { numRuns: 3000 },
    );
  });

  it("ends a value where the library does, for every first byte", () => {
    for (let first = 0; first < 256; first++) {
      if (first === 0xc1) continue;
      const bytes = Buffer.alloc(64, 0);
      bytes[0] = first;
      if (first >= 0xd9 && first <= 0xdf) bytes[[1, 2, 4, 2, 4, 2, 4][first - 0xd9]!] = 3;
      if (first >= 0xc4 && first <= 0xc6) bytes[[1, 2, 4][first - 0xc4]!] = 3;
      if (first >= 0xc7 && first <= 0xc9) bytes[[1, 2, 4][first - 0xc7]!] = 3;
      const end = new ValueFinder().find(bytes, 0, bytes.length);
      expect(() => decode(bytes.subarray(0, end))).not.toThrow();
      expect(() => decode(bytes.subarray(0, end - 1))).toThrow();
    }
  });

  it("refuses a record that the stream's end cuts off", () => {
    const bytes = Buffer.from([0x01, 0xda, 0x00, 0x05, 0x61]);
    expect(cutRecords(framing, bytes.subarray(0, 3), [1])).toEqual([
      { offset: 0, hex: "01" },
      { offset: 1, hex: "da00", refused: "record cut off" },
    ]);
    expect(cutRecords(framing, bytes, [2]).at(-1)).toEqual({ offset: 1, hex: "da000561", refused: "record cut off" });
  });

  it("makes a byte that begins no value the end of a record of its own, or of the one it lies in", () => {
    const bytes = Buffer.from([0x01, 0xc1, 0x02, 0x93, 0x01, 0xc1, 0x03]);
    for (const size of [1, 2, 100]) {
      expect(cutRecords(framing, bytes, [size]).map((one) => one.hex)).toEqual(["01", "c1", "02", "9301c1", "03"]);
    }
  });

  it("lets lengths of 4 GB and more pass by without keeping more than the bound", () => {
    for (const first of [0xdb, 0xdd, 0xdf, 0xc6, 0xc9]) {
      const bytes = Buffer.alloc(5000, 0x01);
      bytes.set([first, 0xff, 0xff, 0xff, 0xff]);
      expect(cutRecords(framing, bytes, [64], small)).toEqual([
        { offset: 0, hex: bytes.toString("hex", 0, 20), refused: "record too long" },
      ]);
    }
  });

  it("goes on behind a record too long to keep", () => {
    const bytes = Buffer.concat([Buffer.from([0xda, 0x01, 0x00]), Buffer.alloc(256, 0x61), Buffer.from([0x07])]);
    for (const size of [1, 7, 1000]) expect(cutRecords(framing, bytes, [size], small).at(-1)!.hex).toBe("07");
  });

  it("keeps a bounded number of levels, however deep arrays lie in one another", () => {
    const deepest = Buffer.from([...new Array<number>(nestingMax).fill(0x91), 0x01]);
    expect(cutRecords(framing, deepest)).toEqual([{ offset: 0, hex: deepest.toString("hex") }]);
    const found = cutRecords(framing, Buffer.alloc(100_000, 0x92), [4096]);
    expect(found.length).toBe(Math.ceil(100_000 / (nestingMax + 1)));
    expect(found.reduce((sum, one) => sum + one.hex.length / 2, 0)).toBe(100_000);
  });

  it("looks at no byte twice, however small the blocks", () => {
    const value = [0xdd, 0, 0, 0x27, 0x10, ...new Array<number>(10_000).fill(0x01)];
    let looks = 0;
    const counting = new Proxy(Uint8Array.from(value), {
      get: (target, key) => {
        looks++;
        return Reflect.get(target, key);
      },
    });
    const finder = new ValueFinder();
    for (let at = 0; at < value.length; at += 10) {
      const end = Math.min(at + 10, value.length);
      expect(finder.find(counting, at, end)).toBe(end === value.length ? end : -1);
    }
    expect(looks).toBeLessThan(3 * value.length);
  });
});
