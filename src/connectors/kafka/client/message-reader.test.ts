import fc from "fast-check";
import { expect, test } from "vitest";
import { MessageMemory } from "./message-memory.ts";
import { MessageReader } from "./message-reader.ts";

function message(bytes: number, fill: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(bytes);
  return Buffer.concat([head, Buffer.alloc(bytes, fill)]);
}

/** Brings bytes as a socket does, in pieces of these sizes, or as long as there is room. */
function bring(reader: MessageReader, stream: Buffer, pieceBytes: () => number): Buffer | undefined {
  for (let at = 0; at < stream.length; ) {
    const { room } = reader;
    expect(room.length).toBeGreaterThan(0);
    const bytes = Math.min(room.length, stream.length - at, pieceBytes());
    room.set(stream.subarray(at, at + bytes));
    at += bytes;
    const strange = reader.filled(bytes);
    if (strange !== undefined) return strange;
  }
  return undefined;
}

const all = () => Number.POSITIVE_INFINITY;

test("messages come out whole and in order, however the socket cuts them, and their memory is used again", () => {
  const size = fc.oneof(
    fc.integer({ min: 4, max: 300 }),
    fc.integer({ min: 65_400, max: 65_700 }),
    fc.constant(200_000),
  );
  fc.assert(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 20 }),
      fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 60_000, max: 300_000 }))),
      fc.boolean(),
      fc.constantFrom(0, 100_000, 1e6),
      (sizes, pieces, lets, expected) => {
        const sent = sizes.map((bytes, index) => message(bytes, index + 1));
        const memory = new MessageMemory();
        memory.expect(expected);
        const got: Buffer[] = [];
        const kept: Buffer[] = [];
        const reader = new MessageReader(memory, (bytes) => {
          got.push(Buffer.from(bytes));
          kept.push(bytes);
          if (!lets) return;
          memory.divide([bytes]);
          memory.release(bytes);
        });
        expect(bring(reader, Buffer.concat(sent), () => pieces.next().value!)).toBeUndefined();
        const isSent = (messages: readonly Buffer[]) =>
          messages.length === sent.length && messages.every((one, index) => one.equals(sent[index]!));
        expect(isSent(got)).toBe(true);
        if (!lets) expect(isSent(kept)).toBe(true);
      },
    ),
  );
});

/** Memory for messages of a size, and a way to take all of it: what is taken beyond lies elsewhere. */
function memoryFor(recordBytes: number) {
  const memory = new MessageMemory();
  memory.expect(recordBytes);
  const first = memory.take(1);
  memory.divide([first.subarray(0, 0)]);
  const isOurs = (bytes: Buffer) => bytes.buffer === first.buffer;
  const takeAll = () => {
    const taken = [memory.take(recordBytes)];
    while (isOurs(taken.at(-1)!)) taken.push(memory.take(recordBytes));
    return taken.slice(0, -1);
  };
  return { memory, isOurs, takeAll };
}

test("memory is used again only when every part of the message has been let go", () => {
  const { memory, isOurs, takeAll } = memoryFor(100_000);
  const [first] = takeAll();
  const parts = [first!.subarray(0, 10), first!.subarray(10, 20), first!.subarray(20, 20), Buffer.from("elsewhere")];
  memory.divide(parts);
  memory.release(parts[0]!);
  memory.release(parts[2]!);
  memory.release(parts[3]!);
  expect(isOurs(memory.take(100_000))).toBe(false);
  memory.release(parts[1]!);
  expect(memory.take(50_000).byteOffset).toBe(first!.byteOffset);
  expect(isOurs(memory.take(50_000))).toBe(false);
});

test("messages at hand never share memory", () => {
  const taken = memoryFor(100_000).takeAll();
  for (const [i, one] of taken.entries()) one.fill(i);
  for (const [i, one] of taken.entries()) expect(one.every((byte) => byte === i)).toBe(true);
  expect(taken.length).toBe(8);
});

test("a message that nobody has divided is never used again, and releasing twice gives nothing twice", () => {
  const { memory, isOurs, takeAll } = memoryFor(10);
  const [one, two] = takeAll();
  memory.release(one!);
  expect(isOurs(memory.take(10))).toBe(false);
  memory.divide([two!]);
  memory.release(two!);
  memory.release(two!);
  expect(memory.take(10).byteOffset).toBe(two!.byteOffset);
  expect(isOurs(memory.take(10))).toBe(false);
});

test("a message without records, and one that never comes whole, give their memory back", () => {
  const { memory, isOurs, takeAll } = memoryFor(100_000);
  const [first] = takeAll();
  memory.divide([first!.subarray(20, 20), first!.subarray(30, 30)]);
  const reader = new MessageReader(memory, () => {});
  bring(reader, message(100_000, 1).subarray(0, 60_000), all);
  expect(isOurs(memory.take(10))).toBe(false);
  reader.end();
  reader.end();
  expect(memory.take(10).byteOffset).toBe(first!.byteOffset);
  expect(isOurs(memory.take(10))).toBe(false);
});

test("a longer message than was expected lies elsewhere, and is no trouble when it is let go", () => {
  const { memory, isOurs } = memoryFor(1_000_000);
  const long = memory.take(2_000_000);
  expect([isOurs(long), long.length]).toEqual([false, 2_000_000]);
  memory.divide([long]);
  memory.release(long);
  memory.expect(2_000_000);
  expect(memory.take(2_000_000).length).toBeGreaterThanOrEqual(2_000_000);
});

test("short messages leave the memory for large ones alone", () => {
  const { memory, isOurs } = memoryFor(100_000);
  const got: Buffer[] = [];
  const reader = new MessageReader(memory, (bytes) => got.push(bytes));
  const short = message(1000, 7);
  bring(reader, Buffer.concat([short, short]), () => 700);
  expect(got).toEqual([short, short]);
  expect(got.some(isOurs)).toBe(false);
  const long = message(100_000, 8);
  bring(reader, long, all);
  expect(got[2]).toEqual(long);
  expect(isOurs(got[2]!)).toBe(true);
});

test.each([
  ["a negative size", Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2])],
  ["a size that no broker sends", Buffer.from("HTTP/1.1 400 Bad Request")],
  ["no room for whose answer it is", Buffer.from([0, 0, 0, 3, 1, 2, 3])],
])("%s begins no message", (_, odd) => {
  const got: Buffer[] = [];
  const reader = new MessageReader(new MessageMemory(), (bytes) => got.push(bytes));
  const sound = message(10, 1);
  expect(bring(reader, Buffer.concat([sound, odd]), all)).toEqual(odd);
  expect(got).toEqual([sound]);
});
