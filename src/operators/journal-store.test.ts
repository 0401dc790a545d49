import { expect, test } from "vitest";
import { heldValueCodec } from "./held-value.ts";
import { JournalRecord } from "./journal-group.ts";
import { JournalStore } from "./journal-store.ts";

const digits = {
  encode: (n: unknown) => Buffer.from(String(n)),
  decode: (bytes: Uint8Array) => Number(Buffer.from(bytes)),
};
const info = { time: 3, key: "k", partition: "p" };

function taken(store: JournalStore): unknown[] {
  const values: unknown[] = [];
  while (store.ready) values.push(store.shift().value);
  return values;
}

test.each([
  { kept: "as bytes, with a codec", codec: digits },
  { kept: "as objects, without one", codec: heldValueCodec },
])("a listing has what is not yet handed on, and nothing else, whatever was taken before: $kept", ({ codec }) => {
  const store = new JournalStore(codec, () => {});
  const nowhere = { put: () => {}, delete: () => {} };
  for (let n = 0; n < 30; n++) {
    store.push(new JournalRecord(n, info));
    if (n % 10 === 9) store.collect(nowhere);
  }
  store.committed();
  for (let n = 0; n < 13; n++) expect(store.shift().value).toBe(n);
  const restored = new JournalStore(codec, () => {});
  for (const [key, value] of store.entries()) restored.apply(key, value);
  restored.restored();
  expect(restored.size).toBe(17);
  const rest = Array.from({ length: 17 }, (_, n) => n + 13);
  expect(taken(restored)).toEqual(rest);
  expect(taken(store)).toEqual(rest);
});
