import { expect, it } from "vitest";
import { uidText } from "./uids.ts";

it("gives different users different ids, of 19 hexadecimal digits or a number, and the same again", () => {
  const ids = Array.from({ length: 100_000 }, (_, user) => uidText(user, 5));
  expect(new Set(ids).size).toBe(100_000);
  const numbers = ids.filter((id) => /^\d{13}$/.test(id));
  expect(numbers.length / 100_000).toBeCloseTo(1 / 32, 2);
  expect(ids.filter((id) => /^"[0-9a-f]{19}"$/.test(id)).length).toBe(100_000 - numbers.length);
  expect(uidText(77, 5)).toBe(ids[77]);
  expect(uidText(77, 6)).not.toBe(ids[77]);
});
