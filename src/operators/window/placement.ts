import type { Family } from "./cells.ts";
import type { WindowHome } from "./open-windows.ts";

/** A window's bounds, in milliseconds since the epoch. It holds `start` and not `end`. */
export interface Bounds {
  readonly start: number;
  readonly end: number;
}

/** Slots of one family into which a record goes: the first `count` of `slots`. */
export interface Target {
  family: Family;
  readonly slots: number[];
  count: number;
}

/**
 * Where the last record went: the first `count` of `items`. The next one goes to the same places if its key is the same and
 * its time lies from `from` up to but without `until`, which saves every look-up for most records.
 */
export interface Targets {
  from: number;
  until: number;
  key: unknown;
  count: number;
  readonly items: Target[];
}

/** Finds a record's windows, and makes those that are not there. */
export interface Placement extends WindowHome {
  /**
   * Fills `into`, marks the cells as changed, and gives the first window that the record is too late for, if there is one: by event
   * time as it stands, or as it stood by `horizon` where the record comes from.
   */
  place(time: number, key: unknown, into: Targets, horizon: number): Bounds | undefined;
}

/** No targets, that no record fits. */
export function noTargets(): Targets {
  return { from: Number.POSITIVE_INFINITY, until: Number.NEGATIVE_INFINITY, key: undefined, count: 0, items: [] };
}

/** Adds a family without slots to the targets, in an object that is used again. */
export function nextTarget(targets: Targets, family: Family): Target {
  let target = targets.items[targets.count];
  if (target === undefined) targets.items.push((target = { family, slots: [], count: 0 }));
  target.family = family;
  target.count = 0;
  targets.count++;
  return target;
}
