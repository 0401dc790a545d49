import { expect, test } from "vitest";
import { DistinctFamily, distinct } from "./distinct.ts";

test("keys are told apart by type and value, and what cannot be is refused", () => {
  const aggregate = distinct((key: string | number) => key);
  const family = aggregate.family("alone");
  for (const key of ["5", 5, "5", 5.5, "", "a", 0, -0]) family.add(aggregate.input(key), [0], 1);
  expect(family.result(0)).toBe(6);
  for (const key of [Number.NaN, undefined, null, {}, true]) {
    expect(() => aggregate.input(key as string)).toThrow(/text or a finite number/);
  }
});

test("a day, its hours and its minutes hold each key once", () => {
  const day = new DistinctFamily(true);
  const perMinute = 300;
  for (let minute = 0; minute < 120; minute++) {
    const slots = [0, 1 + Math.floor(minute / 60), 3 + (minute % 2)];
    for (let i = 0; i < perMinute; i++) day.add(`user ${(minute * 100 + i) % 5000}`, slots, 3);
    expect(day.result(slots[2]!)).toBe(perMinute);
    day.free(slots[2]!);
    expect(day.result(slots[2]!)).toBe(0);
  }
  expect(day.stored).toBe(5000);
  expect(day.result(0)).toBe(5000);
  expect(day.result(1)).toBe(5000);
});

test("a checkpoint writes what changed: the last chunk of keys, and the pages of the bitmaps that got a bit", () => {
  const family = new DistinctFamily(true);
  for (let i = 0; i < 20_000; i++) family.add(i, [0, 1], 2);
  const written = () => {
    const log: [string, number | undefined][] = [];
    family.collect({
      put: (key, value) => void log.push([key, value.length]),
      delete: (key) => void log.push([key, undefined]),
    });
    return log;
  };
  expect(written()).toHaveLength(Math.ceil(20_000 / 256) + Math.ceil(20_000 / 4096));
  family.add(7, [0, 1], 2);
  expect(written()).toEqual([]);
  family.add(7, [0, 2], 2);
  family.add(12_345, [0, 2], 2);
  expect(written()).toEqual([
    ["b/2/0", 512],
    ["b/2/3", 512],
  ]);
  family.free(2);
  expect(written().map(([key, value]) => [key, value])).toContainEqual(["b/2/3", undefined]);
});
