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
    fc.property(messages, fc.infiniteStream(fc.integer({ min: 1, max: 250 })), fc.boolean(), (sizes, cuts, lets) => {
      const sent = sizes.map((size, index) => message(size, index + 1));
      const stream = Buffer.concat(sent);
      const memory = new MessageMemory();
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
    }),
  );
});

test("memory is used again only when every part of the message has been let go", () => {
  const memory = new MessageMemory();
  const first = memory.take(100_000);
  const parts = [first.subarray(0, 10), first.subarray(10, 20), first.subarray(20, 20), Buffer.from("elsewhere")];
  memory.divide(parts);
  memory.release(parts[0]!);
  memory.release(parts[2]!);
  memory.release(parts[3]!);
  expect(memory.take(100_000).buffer).not.toBe(first.buffer);
  memory.release(parts[1]!);
  expect(memory.take(50_000).buffer).toBe(first.buffer);
  expect(memory.take(50_000).buffer).not.toBe(first.buffer);
});

test("a message that nobody has divided is never used again, and releasing twice gives nothing twice", () => {
  const memory = new MessageMemory();
  const one = memory.take(10);
  memory.release(one);
  expect(memory.take(10).buffer).not.toBe(one.buffer);
  const two = memory.take(10);
  memory.divide([two]);
  memory.release(two);
  memory.release(two);
  expect(memory.take(10).buffer).toBe(two.buffer);
  expect(memory.take(10).buffer).not.toBe(two.buffer);
});

test("a size that no broker sends is left to the reader", () => {
  const got: Buffer[] = [];
  const joined = new JoinedMessages(new MessageMemory(), (bytes) => got.push(Buffer.from(bytes)));
  const odd = Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2]);
  joined.take(odd);
  expect(got).toEqual([odd]);
});
