import { expect, test } from "vitest";
import { IdTable } from "./id-table.ts";
import { KeySet } from "./key-set.ts";

function collected(table: IdTable): Map<string, Uint8Array> {
  const log = new Map<string, Uint8Array>();
  table.collect({ put: (key, value) => log.set(key, Uint8Array.from(value)), delete: () => {} });
  return log;
}

test("keys get numbers in order of arrival, and keep them", () => {
  const table = new IdTable();
  expect(["a", "b", "a", 5, "5", 5, "__proto__"].map((key) => table.idOf(key))).toEqual([0, 1, 0, 2, 3, 2, 4]);
  expect(table.size).toBe(5);
});

test("a table larger than one map can be goes on in the next", () => {
  const table = new IdTable(10);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 95; i++) expect(table.idOf(`k${i}`)).toBe(i);
  }
  expect([...table.keys()]).toHaveLength(95);
});

test("a set of keys grows beyond one, too, and holds each key once", () => {
  const set = new KeySet(10);
  for (let round = 0; round < 2; round++) for (let i = 0; i < 95; i++) set.add(`k${i}`);
  expect([...set.keys()]).toHaveLength(95);
  expect(set.size).toBe(95);
});

test("a checkpoint writes the chunks that grew, and nothing when nothing came", () => {
  const table = new IdTable();
  for (let i = 0; i < 600; i++) table.idOf(i);
  expect([...collected(table).keys()]).toEqual(["0", "1", "2"]);
  expect(collected(table).size).toBe(0);
  table.idOf(3);
  expect(collected(table).size).toBe(0);
  table.idOf("new");
  expect([...collected(table).keys()]).toEqual(["2"]);
});

test.each([1, 255, 256, 257, 700])("%i keys come back with the same numbers, chunks in any order", (n) => {
  const table = new IdTable();
  for (let i = 0; i < n; i++) table.idOf(i % 2 === 0 ? i : `\ud800"${i}`);
  const restored = new IdTable();
  for (const [chunk, value] of [...table.entries()].reverse()) restored.apply(chunk, value);
  restored.restored();
  expect([...restored.keys()]).toEqual([...table.keys()]);
  expect(restored.idOf("next")).toBe(n);
  const written = collected(restored);
  expect([...written.keys()]).toEqual([String(Math.floor(n / 256))]);
});

test("a missing chunk is noticed, since it would shift every number", () => {
  const table = new IdTable();
  for (let i = 0; i < 600; i++) table.idOf(i);
  const restored = new IdTable();
  for (const [chunk, value] of table.entries()) if (chunk !== "1") restored.apply(chunk, value);
  expect(() => restored.restored()).toThrow(/chunk 1 is missing/);
});
