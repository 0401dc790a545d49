import fc from "fast-check";
import { expect, test } from "vitest";
import { Timers } from "./timers.ts";

const taken = (timers: Timers, time: number) => [...timers.due(time)].map(({ key, name, time }) => [key, name, time]);

/** A changelog that keeps the newest of each. */
function collect(timers: Timers, log: Map<string, Uint8Array>): number {
  let changes = 0;
  timers.collect({
    put: (key, value) => {
      changes += 1;
      log.set(key, Uint8Array.from(value));
    },
    delete: (key) => {
      changes += 1;
      log.delete(key);
    },
  });
  return changes;
}

function restored(log: Iterable<readonly [string, Uint8Array]>): Timers {
  const timers = new Timers();
  for (const [key, value] of log) timers.apply(key, value);
  return timers;
}

test("fire by time, then in the order they were set", () => {
  const timers = new Timers();
  timers.set("b", "x", 20);
  timers.set("a", "x", 10);
  timers.set("c", "x", 10);
  timers.set("a", "y", 10);
  timers.set("d", "x", 30);
  expect(timers.next).toBe(10);
  expect(taken(timers, 20)).toEqual([
    ["a", "x", 10],
    ["c", "x", 10],
    ["a", "y", 10],
    ["b", "x", 20],
  ]);
  expect([timers.size, timers.next]).toEqual([1, 30]);
  expect(taken(timers, 29)).toEqual([]);
});

test("move when set again, and do not fire when cancelled", () => {
  const timers = new Timers();
  timers.set("a", "x", 10);
  timers.set("b", "x", 10);
  timers.set("a", "x", 10);
  timers.set("c", "x", 5);
  timers.set("c", "x", 15);
  expect(timers.get("c", "x")).toBe(15);
  expect([timers.cancel("b", "x"), timers.cancel("b", "x"), timers.cancel("a", "y")]).toEqual([true, false, false]);
  expect(taken(timers, 100)).toEqual([
    ["a", "x", 10],
    ["c", "x", 15],
  ]);
  expect([timers.size, timers.next, timers.get("a", "x")]).toEqual([0, Number.POSITIVE_INFINITY, undefined]);
});

test("set while others fire have their turn if they are due, and cancelled ones have not", () => {
  const timers = new Timers();
  timers.set("a", "tick", 10);
  timers.set("b", "gone", 25);
  const fired: unknown[] = [];
  for (const { key, name, time } of timers.due(35)) {
    fired.push([key, time]);
    if (name === "tick") timers.set(key, name, time + 10);
    if (time === 20) timers.cancel("b", "gone");
  }
  expect(fired).toEqual([
    ["a", 10],
    ["a", 20],
    ["a", 30],
  ]);
  expect(timers.next).toBe(40);
});

test("tell every key from every other", () => {
  const keys = [
    1,
    "1",
    1n,
    true,
    "true",
    null,
    "null",
    undefined,
    "undefined",
    "",
    "\ud800",
    "\udbff",
    '"\\ud800"',
    Number.NaN,
  ];
  const names = ["", "1", "1:1", "x$"];
  const timers = new Timers();
  for (const key of keys) for (const name of names) timers.set(key, name, 1);
  expect(timers.size).toBe(keys.length * names.length);
  const log = new Map<string, Uint8Array>();
  collect(timers, log);
  expect(log.size).toBe(timers.size);
  expect([...log.keys()].every((key) => key.isWellFormed())).toBe(true);
  const back = [...restored(log).due(1)];
  expect(back.map(({ key }) => key)).toEqual(keys.flatMap((key) => names.map(() => key)));
  expect(back.map(({ name }) => name)).toEqual(keys.flatMap(() => names));
});

test("refuse times and keys that are none", () => {
  const timers = new Timers();
  expect(() => timers.set("a", "x", Number.NaN)).toThrow(/ML1002/);
  expect(() => timers.set("a", "x", Number.POSITIVE_INFINITY)).toThrow(/ML1002/);
  expect(() => timers.set({}, "x", 1)).toThrow(TypeError);
  expect(() => timers.set(Symbol("a"), "x", 1)).toThrow(TypeError);
});

test("cost a checkpoint what has changed", () => {
  const timers = new Timers();
  const log = new Map<string, Uint8Array>();
  for (let key = 0; key < 1000; key++) timers.set(key, "x", key);
  expect(collect(timers, log)).toBe(1000);
  timers.set(5, "x", 5);
  expect(collect(timers, log)).toBe(0);
  timers.set(5, "x", 6);
  timers.cancel(7, "x");
  timers.set("brief", "x", 1);
  timers.cancel("brief", "x");
  expect(collect(timers, log)).toBe(2);
  expect(taken(timers, 3)).toHaveLength(4);
  expect(collect(timers, log)).toBe(4);
  expect(log.size).toBe(timers.size);
});

test("do what a sorted list does, also across restarts", () => {
  const action = fc.record({
    what: fc.constantFrom("set", "set", "set", "set", "set", "cancel", "cancel", "due", "checkpoint", "listing"),
    key: fc.nat(40),
    time: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 300, size: "max" }), (actions) => {
      let timers = new Timers();
      const log = new Map<string, Uint8Array>();
      let model: { key: number; time: number }[] = [];
      for (const { what, key, time } of actions) {
        const before = model.find((one) => one.key === key);
        if (what === "set" && before?.time !== time) {
          model = [...model.filter((one) => one !== before), { key, time }];
        } else if (what === "cancel") model = model.filter((one) => one !== before);
        if (what === "set") timers.set(key, "x", time);
        else if (what === "cancel") expect(timers.cancel(key, "x")).toBe(before !== undefined);
        else if (what === "due") {
          const due = model.filter((one) => one.time <= time).sort((a, b) => a.time - b.time);
          model = model.filter((one) => one.time > time);
          expect(taken(timers, time)).toEqual(due.map((one) => [one.key, "x", one.time]));
        } else if (what === "listing") timers = restored(timers.entries());
        else {
          collect(timers, log);
          timers = restored(log);
        }
        if (what === "listing") {
          log.clear();
          for (const [text, value] of timers.entries()) log.set(text, value);
        }
        expect(timers.next).toBe(Math.min(...model.map((one) => one.time)));
      }
      const rest = model.sort((a, b) => a.time - b.time).map((one) => [one.key, "x", one.time]);
      expect(taken(timers, 100)).toEqual(rest);
    }),
  );
});

test("a timer that a compaction has shown is deleted when it goes, though no checkpoint has written it", () => {
  const timers = new Timers();
  timers.set("k", "t", 5);
  expect([...timers.entries()].length).toBe(1);
  timers.cancel("k", "t");
  const deleted: string[] = [];
  timers.collect({ put: () => expect.fail("nothing is left"), delete: (key) => void deleted.push(key) });
  expect(deleted.length).toBe(1);
});
