import fc from "fast-check";
import { expect, test } from "vitest";
import { CollectedChanges } from "./collected-changes.ts";

const change = fc.tuple(fc.string(), fc.option(fc.uint8Array({ maxLength: 3000 }), { nil: undefined }));
type Change = readonly [string, Uint8Array | undefined];

/** Puts them from memory that is then used for something else. */
function put(collected: CollectedChanges, changes: readonly Change[]): void {
  const scratch = new Uint8Array(3000);
  for (const [key, value] of changes) {
    if (value === undefined) collected.delete(key);
    else {
      scratch.set(value);
      collected.put(key, scratch.subarray(0, value.length));
    }
  }
  scratch.fill(0);
}

test("gives every change as it was put, in order, as often as it is asked, whatever becomes of the bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 30 }), { minLength: 1, maxLength: 3 }), (checkpoints) => {
      const collected = new CollectedChanges("users/windows");
      for (const changes of checkpoints) {
        collected.clear();
        put(collected, changes);
        expect([...collected.changes]).toEqual(changes);
        expect([...collected.changes]).toEqual(changes);
      }
    }),
  );
});

test("gives memory beyond a megabyte back, and uses the rest again", () => {
  const collected = new CollectedChanges("users/windows");
  const memoryAfter = (bytes: number) => {
    collected.clear();
    collected.put("all", new Uint8Array(bytes));
    const [[, value] = []] = collected.changes;
    return value!.buffer;
  };
  const small = memoryAfter(1000);
  expect(memoryAfter(900)).toBe(small);
  const large = memoryAfter(3_000_000);
  expect(large.byteLength).toBe(3_000_000);
  expect(memoryAfter(10).byteLength).toBe(1024);
});
