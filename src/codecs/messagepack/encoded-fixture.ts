import fc from "fast-check";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((list) => [...list]);

/** A length in `width` bytes, big-endian. */
function bigEndian(length: number, width: number): number[] {
  return Array.from({ length: width }, (_, i) => Math.floor(length / 256 ** (width - 1 - i)) % 256);
}

/** First byte and length, in a form of `1 + width` bytes, whether or not a shorter one would do. */
const headed = (firsts: Readonly<Record<number, number>>, length: number, widest: number) =>
  fc.constantFrom(
    ...Object.entries(firsts)
      .filter(([, width]) => width <= widest)
      .map(([first, width]) => [Number(first), ...bigEndian(length, width)]),
  );

const fixed = fc.oneof(
  fc.oneof(fc.nat(0x7f), fc.integer({ min: 0xe0, max: 0xff }), fc.constantFrom(0xc0, 0xc2, 0xc3)).map((byte) => [byte]),
  ...Object.entries({ 202: 4, 203: 8, 204: 1, 205: 2, 206: 4, 207: 8, 208: 1, 209: 2, 210: 4, 211: 8 }).map(
    ([first, size]) => bytesOf(size).map((content) => [Number(first), ...content]),
  ),
  ...Object.entries({ 212: 1, 213: 2, 214: 4, 215: 8, 216: 16 }).map(([first, size]) =>
    bytesOf(size).map((content) => [Number(first), 5, ...content]),
  ),
);

const text = fc.string({ unit: "binary", maxLength: 12 }).chain((value) => {
  const content = [...Buffer.from(value)];
  const long = headed({ 217: 1, 218: 2, 219: 4 }, content.length, 4);
  const head = content.length < 32 ? fc.oneof(fc.constant([0xa0 + content.length]), long) : long;
  return head.map((bytes) => [...bytes, ...content]);
});

const binary = fc.nat(40).chain((length) =>
  fc
    .tuple(
      fc.oneof(
        headed({ 196: 1, 197: 2, 198: 4 }, length, 4),
        headed({ 199: 1, 200: 2, 201: 4 }, length, 4).map((head) => [...head, 7]),
      ),
      bytesOf(length),
    )
    .map((parts) => parts.flat()),
);

/** Any MessagePack value, in any of the forms it may be written in; keys of maps are text. */
export const encoded: fc.Arbitrary<number[]> = fc.letrec<{ value: number[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fixed,
    text,
    binary,
    fc
      .array(tie("value"), { maxLength: 5 })
      .chain((items) =>
        fc
          .oneof(fc.constant([0x90 + items.length]), headed({ 220: 2, 221: 4 }, items.length, 4))
          .map((head) => [...head, ...items.flat()]),
      ),
    fc
      .array(fc.tuple(text, tie("value")), { maxLength: 5 })
      .chain((entries) =>
        fc
          .oneof(fc.constant([0x80 + entries.length]), headed({ 222: 2, 223: 4 }, entries.length, 4))
          .map((head) => [...head, ...entries.flat(2)]),
      ),
  ),
})).value;

/** Bytes that mean something to a MessagePack reader, in no order. */
export const noise: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        0xc1,
        0x91,
        0x92,
        0x81,
        0x82,
        0xa1,
        0xd9,
        0xda,
        0xdb,
        0xdc,
        0xdd,
        0xde,
        0xdf,
        0xc7,
        0xd4,
        0,
        1,
        2,
      ),
      fc.nat(255),
    ),
    { maxLength: 60 },
  )
  .map((list) => Buffer.from(list));
