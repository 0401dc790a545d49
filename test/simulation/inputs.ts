import type { Random } from "../../src/core/random.ts";
import { from, type ListItem, pause } from "../../src/testing/index.ts";

/** A list with pauses in it, some longer than many checkpoints are apart, and its records spread over partitions. */
export function scattered<T>(random: Random, values: readonly T[], partitions: readonly string[]): ListItem<T>[] {
  const items: ListItem<T>[] = [];
  for (const value of values) {
    if (random.below(8) === 0) items.push(pause(random.below(60)));
    items.push(from(partitions[random.below(partitions.length)]!, value));
  }
  return items;
}

/** The whole numbers from 1 to `count`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** A measurement, as the plans with event time read it. */
export interface Reading {
  readonly ts: number;
  readonly user: string;
  readonly n: number;
}

/** Readings a few hundred milliseconds apart, out of order by up to `lateMs`, one in thirty far ahead of its time. */
export function readings(random: Random, count: number, lateMs: number): Reading[] {
  const list: Reading[] = [];
  let ts = 1_000_000;
  for (let n = 1; n <= count; n++) {
    ts += random.below(400);
    const far = random.below(30) === 0 ? 3_600_000 : 0;
    list.push({ ts: ts + far - random.below(lateMs), user: `user ${random.below(9)}`, n });
  }
  return list;
}
