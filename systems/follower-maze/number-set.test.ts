import fc from "fast-check";
import { expect, test } from "vitest";
import { NumberSet } from "./number-set.ts";

test("holds what a Set holds, thin or dense, whatever comes and goes", () => {
  const number = fc.oneof(fc.nat(40), fc.nat(1000), fc.nat(5_000_000));
  const changes = fc.array(fc.tuple(fc.boolean(), number), { maxLength: 400 });
  fc.assert(
    fc.property(changes, fc.nat(300), (list, dense) => {
      let set = new NumberSet();
      const model = new Set<number>();
      const change = (adds: boolean, n: number) => {
        if (adds) expect(set.add(n)).toBe(!model.has(n));
        else expect(set.remove(n)).toBe(model.has(n));
        if (adds) model.add(n);
        else model.delete(n);
      };
      for (let n = 0; n < dense; n++) change(true, n);
      for (const [adds, n] of list) change(adds, n);
      const seen: number[] = [];
      set.forEach((n) => void seen.push(n));
      expect(seen).toEqual([...model].sort((a, b) => a - b));
      expect(set.size).toBe(model.size);
      const some: number[] = [];
      set.forEachIn([0xf0f0, 0, -1], (n) => void some.push(n));
      const wanted = (n: number) => (n < 16 && (n & 4) !== 0) || (n >= 64 && n < 96);
      expect(some).toEqual(seen.filter(wanted));
      for (const [, n] of list) expect(set.has(n)).toBe(model.has(n));
      const again: number[] = [];
      set = NumberSet.of(set.bytes());
      set.forEach((n) => void again.push(n));
      expect([set.size, again]).toEqual([model.size, seen]);
      for (let n = 0; n < dense; n++) change(false, n);
      for (const [, n] of list) expect(set.has(n)).toBe(model.has(n));
    }),
    { numRuns: 300 },
  );
});
