import fc from "fast-check";
import { expect, test } from "vitest";
import { CollectedChanges } from "./collected-changes.ts";

test("gives every change as it was put, in order, as often as it is asked, whatever becomes of the bytes", () => {
  const change = fc.tuple(fc.string(), fc.option(fc.uint8Array({ maxLength: 3000 }), { nil: undefined }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const collected = new CollectedChanges("users/windows");
      const scratch = new Uint8Array(3000);
      for (const [key, value] of changes) {
        if (value === undefined) collected.delete(key);
        else {
          scratch.set(value);
          collected.put(key, scratch.subarray(0, value.length));
        }
      }
      scratch.fill(0);
      expect([...collected.changes]).toEqual(changes);
      expect([...collected.changes]).toEqual(changes);
    }),
  );
});
