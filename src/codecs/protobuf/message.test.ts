import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { StructSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Malformed } from "../../core/codec.ts";
import { FrameSchema, NarrowSchema } from "./frame-fixture.ts";
import { protobuf } from "./index.ts";

const notProtobuf = new Malformed("not Protocol Buffers");
const codec = protobuf(FrameSchema);
const read = (bytes: ArrayLike<number>, given = codec) => {
  const padded = Buffer.from([0x08, ...Array.from(bytes), 0x08, 0x08]);
  return given.decode(padded, 1, padded.length - 2);
};
const frame = (init: object) => create(FrameSchema, init as MessageInitShape<typeof FrameSchema>);
const text = fc.string({ unit: "binary", maxLength: 20 });
const frames = fc
  .record({
    ts: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    uid: text,
    body: fc.uint8Array({ maxLength: 40 }),
    scores: fc.array(fc.double(), { maxLength: 4 }),
    tags: fc.dictionary(fc.oneof(text, fc.constant("__proto__")), text, { maxKeys: 4, noNullPrototype: true }),
  })
  .map((init) => frame({ ...init, inner: frame({ uid: init.uid, body: init.body }) }));

describe("protobuf", () => {
  it("gives back what it wrote", () => {
    fc.assert(
      fc.property(frames, (message) => {
        expect(read(codec.encode(message) as Uint8Array)).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  it("has the type that its schema describes", () => {
    const typed = protobuf(TimestampSchema);
    const bytes = typed.encode(create(TimestampSchema, { seconds: 1_468_244_340n })) as Uint8Array;
    const got = typed.decode(bytes, 0, bytes.length);
    if (got instanceof Malformed) throw new Error(got.reason);
    expectTypeOf(got.seconds).toEqualTypeOf<bigint>();
    expect(got.seconds).toBe(1_468_244_340n);
  });

  it("takes of any bytes what the library takes, and throws at none", () => {
    const noise = fc.array(fc.oneof(fc.constantFrom(0x08, 0x12, 0x1a, 0x22, 0x2a, 0x32, 0, 1, 2, 0xff), fc.nat(255)), {
      maxLength: 30,
    });
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(noise, (list) => {
        const got = read(list);
        if (got instanceof Malformed) refused++;
        else {
          taken++;
          expect(got).toEqual(fromBinary(FrameSchema, Uint8Array.from(list)));
        }
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(50);
  });

  it("refuses what breaks off, hostile lengths, nesting without end, and text that is not UTF-8", () => {
    const bytes = codec.encode(frame({ uid: "somebody" })) as Uint8Array;
    expect(read(bytes.subarray(0, bytes.length - 1))).toEqual(notProtobuf);
    expect(read([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x61])).toEqual(notProtobuf);
    expect(read([0x22, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0])).toEqual(notProtobuf);
    expect(read([0x12, 0x01, 0xff])).toEqual(notProtobuf);
    expect(read(new Array<number>(10_000).fill(0x33))).toEqual(notProtobuf);
    let deep = frame({});
    for (let level = 0; level < 99; level++) deep = frame({ inner: deep });
    expect(read(toBinary(FrameSchema, deep))).toEqual(deep);
    expect(read(toBinary(FrameSchema, frame({ inner: frame({ inner: deep }) })))).toEqual(notProtobuf);
  });

  it("lets no map key reach a prototype", () => {
    const struct = protobuf(StructSchema);
    const entry = [0x0a, 9, ...Buffer.from("__proto__"), 0x12, 2, 0x20, 1];
    const got = struct.decode(Uint8Array.from([0x0a, entry.length, ...entry]), 0, entry.length + 2);
    if (got instanceof Malformed) throw new Error(got.reason);
    expect(Object.keys(got.fields)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(got.fields)).toBe(Object.prototype);
  });

  it("keeps nothing of the bytes that it read, and unknown fields all the same", () => {
    const message = frame({ ts: 5n, uid: "me", body: Uint8Array.of(1, 2, 3) });
    const written = toBinary(FrameSchema, message);
    const bytes = Buffer.from(written);
    const narrow = protobuf(NarrowSchema);
    const got = [codec.decode(bytes, 0, bytes.length), narrow.decode(bytes, 0, bytes.length)] as const;
    bytes.fill(0xff);
    expect(got[0]).toEqual(message);
    expect(narrow.encode(got[1] as never)).toEqual(written);
  });

  it("refuses a schema that is none", () => {
    for (const none of [undefined, {}, FrameSchema.file]) expect(() => protobuf(none as never)).toThrow("ML1002");
  });
});
