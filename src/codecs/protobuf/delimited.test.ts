import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Malformed } from "../../core/codec.ts";
import { cutRecords } from "../cut-fixture.ts";
import { FrameSchema } from "./frame-fixture.ts";
import { protobuf } from "./index.ts";

const codec = protobuf.delimited(FrameSchema);
const { framing } = protobuf;
const notProtobuf = new Malformed("not Protocol Buffers");
const frame = (init: object) => create(FrameSchema, init as MessageInitShape<typeof FrameSchema>);
const read = (hex: string) => {
  const bytes = Buffer.from(`08${hex}08`, "hex");
  return codec.decode(bytes, 1, bytes.length - 1);
};
const blockSizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const small = { recordBytesMax: 20, batchRecordsMax: 3 };
const messages = fc.array(
  fc.oneof(fc.constant(""), fc.string({ maxLength: 300 })).map((uid) => frame({ uid })),
  { maxLength: 12 },
);

describe("delimited protobuf", () => {
  it("reads back what it wrote, however the bytes are cut into blocks", () => {
    fc.assert(
      fc.property(messages, blockSizes, (list, sizes) => {
        const bytes = Buffer.concat(list.map((message) => codec.encode(message) as Uint8Array));
        const found = cutRecords(framing, bytes, sizes);
        expect(found.map((one) => read(one.hex))).toEqual(list);
        expect(found).toEqual(cutRecords(framing, bytes, [100_000]));
        expect(cutRecords(framing, bytes, sizes, small)).toEqual(cutRecords(framing, bytes, [100_000], small));
      }),
      { numRuns: 500 },
    );
  });

  it("takes any bytes, gives each of them to one record, and finds the same records however they are cut", () => {
    const noise = fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3, 0x80, 0xff, 0x0f), fc.nat(255)), { maxLength: 60 });
    fc.assert(
      fc.property(noise, blockSizes, (list, sizes) => {
        const bytes = Buffer.from(list);
        const found = cutRecords(framing, bytes, sizes);
        expect(found.map((one) => one.hex).join("")).toBe(bytes.toString("hex"));
        expect(found).toEqual(cutRecords(framing, bytes, [1000]));
        expect(cutRecords(framing, bytes, sizes, small)).toEqual(cutRecords(framing, bytes, [1000], small));
        for (const one of found) read(one.hex);
      }),
      { numRuns: 3000 },
    );
  });

  it("takes a length written longer than it need be", () => {
    expect(cutRecords(framing, Buffer.from([0x82, 0x80, 0x00, 0x08, 0x05, 0x00]), [1]).map((one) => one.hex)).toEqual([
      "8280000805",
      "00",
    ]);
    expect(read("8280000805")).toEqual(frame({ ts: 5n }));
  });

  it("makes a length that is none the end of its record, and goes on right behind", () => {
    const bytes = Buffer.from("ffffffffff" + "ffffffff0f" + "8080808008" + "020805", "hex");
    for (const size of [1, 3, 100]) {
      const found = cutRecords(framing, bytes, [size]).map((one) => one.hex);
      expect(found).toEqual(["ffffffffff", "ffffffff0f", "8080808008", "020805"]);
      expect(found.map(read)).toEqual([notProtobuf, notProtobuf, notProtobuf, frame({ ts: 5n })]);
    }
  });

  it("lets a length of 2 GB pass by without keeping more than the bound", () => {
    const bytes = Buffer.concat([Buffer.from("ffffffff07", "hex"), Buffer.alloc(5000, 1)]);
    expect(cutRecords(framing, bytes, [64], small)).toEqual([
      { offset: 0, hex: bytes.toString("hex", 0, 20), refused: "record too long" },
    ]);
  });

  it("refuses a record that the stream's end cuts off, within its length too", () => {
    expect(cutRecords(framing, Buffer.from("0003080502", "hex").subarray(0, 4), [1]).at(-1)).toEqual({
      offset: 1,
      hex: "030805",
      refused: "record cut off",
    });
    expect(cutRecords(framing, Buffer.from("0080", "hex"), [1]).at(-1)).toEqual({
      offset: 1,
      hex: "80",
      refused: "record cut off",
    });
  });

  it("refuses a length that is not that of the rest, and none at all", () => {
    for (const hex of ["", "80", "01", "030805", "010805", "0805"]) expect(read(hex)).toEqual(notProtobuf);
    expect(read("00")).toEqual(frame({}));
  });

  it("does not mix a length that breaks off with the next record's", () => {
    expect(read("80")).toEqual(notProtobuf);
    expect(read("020805")).toEqual(frame({ ts: 5n }));
  });
});
