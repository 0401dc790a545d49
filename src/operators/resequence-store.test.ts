import fc from "fast-check";
import { expect, test } from "vitest";
import { Slice } from "../core/records.ts";
import { heldValueCodec } from "./held-value.ts";
import { ResequenceStore } from "./resequence-store.ts";

const objectsMax = 5;
const digits = {
  encode: (n: unknown) => Buffer.from(String(n)),
  decode: (bytes: Uint8Array) => Number(Buffer.from(bytes)),
};
const info = (n: number) => ({ time: n >> 2, key: undefined, partition: n % 3 === 0 ? "a" : "b" });

/** A changelog, and who was written how often. */
class Log {
  readonly entries = new Map<string, Uint8Array>();
  readonly written = new Map<string, number>();

  put(key: string, value: Uint8Array): void {
    this.entries.set(key, Buffer.from(value));
    this.written.set(key, (this.written.get(key) ?? 0) + 1);
  }

  delete(key: string): void {
    this.entries.delete(key);
  }
}

const action = fc.oneof(
  { weight: 9, arbitrary: fc.record({ do: fc.constant("put" as const), ahead: fc.nat({ max: 30 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("take" as const), ahead: fc.constant(0) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("skip" as const), ahead: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("collect" as const), ahead: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("list" as const), ahead: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const), ahead: fc.constant(0) }) },
);

test("knows who waits and since when, writes each once, and a checkpoint has neither more nor less", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200, size: "max" }), (actions) => {
      let atMs = 0;
      let log = new Log();
      const opened = () =>
        new ResequenceStore(
          1,
          digits,
          () => atMs,
          () => {},
          objectsMax,
        );
      let store = opened();
      let model = new Map<number, number>();
      const put = (number: number) => {
        if (number < store.next || model.has(number)) return;
        expect(store.has(number)).toBe(false);
        store.put(number, number, 10 + number, info(number));
        model.set(number, atMs);
      };
      const take = () => {
        const record = store.takeNext();
        expect(record?.value).toBe(model.has(store.next - 1) && record !== undefined ? store.next - 1 : undefined);
        if (record === undefined) return;
        const { time, key, partition, bytes } = record;
        expect({ time, key, partition }).toEqual(info(record.number));
        expect(bytes).toBe(10 + record.number);
        model.delete(record.number);
      };
      for (const step of actions) {
        atMs += 1;
        if (step.do === "put") put(store.next + step.ahead);
        else if (step.do === "take") for (let n = 0; n < 4; n++) take();
        else if (step.do === "skip" && store.size > 0) store.skip();
        else if (step.do === "collect") store.collect(log);
        else if (step.do === "list") {
          // A listing replaces the changelog, piece by piece, while records come and go.
          const listed = new Log();
          for (const [key, value] of store.entries()) {
            listed.put(key, value);
            put(store.next + step.ahead);
            take();
          }
          log = listed;
          store.collect(log);
        } else if (step.do === "restore") {
          store.collect(log);
          // Whoever waited when it was stored was stored once.
          for (const number of model.keys()) expect(log.written.get(String(number))).toBeLessThanOrEqual(2);
          const fresh = opened();
          for (const [key, value] of log.entries) fresh.apply(key, value);
          fresh.restored();
          expect(fresh.next).toBe(store.next);
          expect(
            [...log.entries.keys()]
              .filter((key) => key !== "next")
              .map(Number)
              .sort((a, b) => a - b),
          ).toEqual([...model.keys()].sort((a, b) => a - b));
          store = fresh;
          model = new Map([...model.keys()].map((number) => [number, atMs]));
        }
        expect(store.size).toBe(model.size);
        expect(store.oldestMs).toBe(Math.min(...model.values()));
        expect(store.waitingBytes).toBe([...model.keys()].reduce((sum, number) => sum + 10 + number, 0));
        expect(store.size - store.packedSize).toBeLessThanOrEqual(objectsMax);
        for (const number of model.keys()) expect(store.has(number)).toBe(true);
        if (model.size > 0) expect(store.highest).toBeGreaterThanOrEqual(Math.max(...model.keys()));
      }
    }),
    { numRuns: 100 },
  );
});

test("only what is bytes anyway, or has a codec, is kept as bytes", () => {
  const store = new ResequenceStore(
    0,
    heldValueCodec,
    () => 0,
    () => {},
    objectsMax,
  );
  for (let number = 1; number <= 20; number++) store.put(number, { number }, 0, info(number));
  expect(store.packedSize).toBe(0);
  for (let number = 21; number <= 30; number++) store.put(number, Slice.over(Buffer.from("x")), 0, info(number));
  expect(store.packedSize).toBe(10);
});
