import fc from "fast-check";
import { expect, test } from "vitest";
import { IdTable } from "./id-table.ts";
import { KeyPiece } from "./key-pieces.ts";
import { wordsOf } from "./key-words.ts";

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

test.each([1, 8, 9, 10, 300, 20_000])("%i keys are found again, and told from others", (n) => {
  const table = new IdTable();
  const key = (i: number) => (i % 3 === 0 ? i : `k${i}`);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < n; i++) expect(table.idOf(key(i))).toBe(i);
  }
  expect([...table.keys()]).toEqual(Array.from({ length: n }, (_, i) => key(i)));
  expect(table.idOf("another")).toBe(n);
});

test("keys that differ in one character or one bit of a number are two, 0 and -0 are one", () => {
  const table = new IdTable();
  const keys = ["", "\0", "a", "b", "ab", "ba", "\u0101", "\u0201", 1, 2 ** -1074, 1e300, -1, "1", 0];
  expect(keys.map((key) => table.idOf(key))).toEqual(keys.map((_, id) => id));
  expect(table.idOf(-0)).toBe(keys.length - 1);
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

test("a chunk that was cut off is noticed", () => {
  const table = new IdTable();
  for (const key of ["one", "another key"]) table.idOf(key);
  const [[chunk, value]] = [...table.entries()] as [[string, Uint8Array]];
  for (const cut of [1, 4]) {
    const restored = new IdTable();
    const restore = () => {
      restored.apply(chunk, value.subarray(0, value.length - cut));
      restored.restored();
    };
    expect(restore, `${cut} bytes`).toThrow(RangeError);
  }
});

const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.stringMatching(/^[a\0\xff\u0100]*$/),
);
const keys = fc.array(fc.oneof(texts, fc.double({ noNaN: true, noDefaultInfinity: true })), { maxLength: 200 });

test("any keys are the same ones when they come as a piece of another table", () => {
  fc.assert(
    fc.property(keys, keys, (all, others) => {
      const [from, to] = [new IdTable(), new IdTable()];
      for (const key of all) from.idOf(key);
      // Half of the keys are known there.
      for (const key of [...others, ...all.filter((_, i) => i % 2 === 0)]) to.idOf(key);
      const expected = new Map([...to.keys()].map((key, id) => [key, id]));
      for (const key of from.keys()) if (!expected.has(key)) expected.set(key, expected.size);
      const piece = new KeyPiece();
      for (let id = 0; id < from.size; id++) piece.add(from, id);
      const ids: number[] = [];
      to.addAll(wordsOf(piece.take()), (id) => ids.push(id));
      expect(piece.isEmpty).toBe(true);
      expect(ids).toEqual([...from.keys()].map((key) => expected.get(key)));
      expect([...to.keys()]).toEqual([...expected.keys()]);
    }),
  );
});

test("any keys, in any order, get the numbers that a Map gives them", () => {
  fc.assert(
    fc.property(keys, (all) => {
      const table = new IdTable();
      const oracle = new Map<string | number, number>();
      for (const key of [...all, ...all]) {
        if (!oracle.has(key)) oracle.set(key, oracle.size);
        expect(table.idOf(key)).toBe(oracle.get(key));
      }
      expect([...table.keys()]).toEqual([...oracle.keys()]);
    }),
  );
});

test("keys that are added without asking for a number get the same ones, whatever is asked in between", () => {
  // Keys that are few, so that many come again, also among those that are looked up together.
  const some = fc.oneof(
    fc.nat(40),
    fc.nat(40).map(String),
    fc.nat(40).map((n) => `${"long".repeat(n % 7)} \u0101 ${n}`),
  );
  const ask = fc.constantFrom("size", "number", "checkpoint", "piece", "keys");
  const op = fc.oneof({ weight: 20, arbitrary: some }, { weight: 1, arbitrary: ask.map((what) => ({ what })) });
  fc.assert(
    fc.property(fc.array(op, { maxLength: 400 }), (ops) => {
      const table = new IdTable();
      const oracle = new Map<string | number, number>();
      const chunks = new Map<string, Uint8Array>();
      for (let i = 0; i < 4100; i++) {
        table.add(`before ${i}`);
        oracle.set(`before ${i}`, i);
      }
      for (const one of ops) {
        if (typeof one !== "object") {
          table.add(one);
          if (!oracle.has(one)) oracle.set(one, oracle.size);
        } else if (one.what === "size") expect(table.size).toBe(oracle.size);
        else if (one.what === "number")
          expect(table.idOf("7")).toBe(oracle.get("7") ?? oracle.set("7", oracle.size).size - 1);
        else if (one.what === "checkpoint") for (const [chunk, value] of collected(table)) chunks.set(chunk, value);
        else if (one.what === "keys") expect([...table.keys()].slice(4100)).toEqual([...oracle.keys()].slice(4100));
        else {
          const other = new IdTable();
          const piece = new KeyPiece();
          for (const key of ["before 1", 7, "from elsewhere"]) {
            piece.add(other, other.idOf(key));
            if (!oracle.has(key)) oracle.set(key, oracle.size);
          }
          table.addAll(wordsOf(piece.take()));
        }
      }
      for (const [chunk, value] of collected(table)) chunks.set(chunk, value);
      const restored = new IdTable();
      for (const [chunk, value] of chunks) restored.apply(chunk, value);
      restored.restored();
      expect([...restored.keys()]).toEqual([...oracle.keys()]);
      expect([...table.entries()].map(([chunk, value]) => [chunk, Buffer.from(value).toString("hex")])).toEqual(
        [...restored.entries()].map(([chunk, value]) => [chunk, Buffer.from(value).toString("hex")]),
      );
    }),
    { numRuns: 60 },
  );
});

test("a table grows while keys are looked up together", () => {
  const table = new IdTable();
  for (let i = 0; i < 100_000; i++) {
    table.add(i);
    table.add(`${i >> 1}`);
  }
  expect(table.size).toBe(150_000);
  expect([table.idOf(99_999), table.idOf("0"), table.idOf("49999")]).toEqual([149_999, 1, 149_998]);
});
