import fc from "fast-check";
import { expect, test } from "vitest";
import { JoinedMessages } from "./joined-messages.ts";
import { MessageMemory } from "./message-memory.ts";

function message(bytes: number, fill: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(bytes);
  return Buffer.concat([head, Buffer.alloc(bytes, fill)]);
}

test("messages come out whole and in order, however the socket cuts them, and their memory is used again", () => {
  const messages = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      messages,
      fc.infiniteStream(fc.integer({ min: 1, max: 250 })),
      fc.boolean(),
      fc.constantFrom(0, 1e6),
      (sizes, cuts, lets, expected) => {
        const sent = sizes.map((size, index) => message(size, index + 1));
        const stream = Buffer.concat(sent);
        const memory = new MessageMemory();
        memory.expect(expected);
        const got: Buffer[] = [];
        const joined = new JoinedMessages(memory, (bytes) => {
          // What is handed on may hold several messages when they came whole.
          for (let at = 0; at < bytes.length; ) {
            const size = 4 + bytes.readInt32BE(at);
            got.push(Buffer.from(bytes.subarray(at, at + size)));
            at += size;
          }
          if (!lets) return;
          memory.divide([bytes]);
          memory.release(bytes);
        });
        for (let at = 0; at < stream.length; ) {
          const end = Math.min(stream.length, at + cuts.next().value!);
          joined.take(Buffer.from(stream.subarray(at, end)));
          at = end;
        }
        expect(got).toEqual(sent);
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
  const joined = new JoinedMessages(memory, () => {});
  joined.take(message(100_000, 1).subarray(0, 60_000));
  expect(isOurs(memory.take(10))).toBe(false);
  joined.end();
  joined.end();
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

test("a size that no broker sends is left to the reader", () => {
  const got: Buffer[] = [];
  const joined = new JoinedMessages(new MessageMemory(), (bytes) => got.push(Buffer.from(bytes)));
  const odd = Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2]);
  joined.take(odd);
  expect(got).toEqual([odd]);
});
