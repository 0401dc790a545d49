import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteArena } from "./byte-arena.ts";
import { PackedRing } from "./packed-ring.ts";

/** Bytes that tell one record from another. */
const bytesOf = (number: number, length: number) => Buffer.alloc(length, `${number};`);

test("holds within a window exactly what was put in and not taken out, in the order of arrival", () => {
  const action = fc.record({
    put: fc.boolean(),
    ahead: fc.nat({ max: 700 }),
    length: fc.oneof(fc.nat({ max: 40 }), fc.constant(70_000)),
  });
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.array(action, { maxLength: 400 }), (first, actions) => {
      const ring = new PackedRing<number>();
      const model = new Map<number, { readonly bytes: Buffer; readonly atMs: number; marks: number }>();
      let lowest = first;
      for (const [atMs, { put, ahead, length }] of actions.entries()) {
        const number = lowest + ahead;
        if (put && !model.has(number)) {
          const bytes = bytesOf(number, length);
          ring.put(number, { bytes, weight: length + 1, atMs, info: number }, lowest, atMs % 2);
          model.set(number, { bytes, atMs, marks: atMs % 2 });
          if (atMs % 3 === 0) {
            ring.mark(number, 2);
            model.get(number)!.marks |= 2;
          }
        } else if (!put && ring.has(number)) {
          const { bytes, weight, info, atMs: came } = ring.get(number);
          const known = model.get(number)!;
          expect(Buffer.from(bytes).equals(known.bytes)).toBe(true);
          expect([weight, info, came]).toEqual([known.bytes.length + 1, number, known.atMs]);
          expect(ring.marksOf(number)).toBe(known.marks);
          ring.remove(number);
          model.delete(number);
          if (ahead === 0) lowest += 1;
        }
        expect(ring.size).toBe(model.size);
        expect(ring.oldestMs).toBe(Math.min(...[...model.values()].map((known) => known.atMs)));
      }
      expect([...ring.newestFirst()]).toEqual([...model.keys()].reverse());
      if (model.size > 0) expect(ring.highest).toBeGreaterThanOrEqual(Math.max(...model.keys()));
      else expect(ring.highest).toBe(Number.NEGATIVE_INFINITY);
      for (const number of [...model.keys()]) expect(ring.has(number)).toBe(true);
      expect(ring.has(lowest + 5_000)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test("an arena uses its memory again, and lets go of what it needs no more", () => {
  const arena = new ByteArena();
  const kib = 1024;
  for (let n = 0; n < 2_000; n++) arena.remove(arena.add(bytesOf(n, 100)));
  expect(arena.bytes).toBe(64 * kib);
  const waiting: number[] = [];
  for (let n = 0; n < 20_000; n++) {
    waiting.push(arena.add(bytesOf(n, 100)));
    if (waiting.length > 1_000) arena.remove(waiting.shift()!);
    expect(arena.bytes).toBeLessThanOrEqual(4 * 64 * kib);
  }
  const large = arena.add(bytesOf(7, 300 * kib));
  expect(Buffer.from(arena.view(large, 300 * kib)).equals(bytesOf(7, 300 * kib))).toBe(true);
  for (const address of waiting) arena.remove(address);
  arena.remove(large);
  arena.add(bytesOf(1, 100));
  expect(arena.bytes).toBeLessThanOrEqual(2 * 64 * kib);
});
