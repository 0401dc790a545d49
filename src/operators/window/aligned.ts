import { type Hopping, nestingGroups, startOf, type Tumbling } from "../../time/windows.ts";
import type { Sharing } from "../aggregates/aggregate.ts";
import { type Cell, cellIn, type Family, type Span, type WindowCells } from "./cells.ts";
import { type Bounds, nextTarget, type Placement, type Targets } from "./placement.ts";
import type { WindowSchedule } from "./schedule.ts";
import type { StoredCell } from "./store.ts";

/** A stretch of time in which a key's windows share a family. */
interface Pane {
  readonly group: Group;
  readonly start: number;
  readonly families: Map<unknown, Family>;
}

/** Sizes that share panes. */
interface Group {
  readonly sizesMs: readonly number[];
  /** How long a pane is: of the largest window's length, or holding the starts of as many hopping windows. */
  readonly paneMs: number;
  /** A pane of tumbling windows is as long as the largest, which therefore has every record of the family. */
  readonly sharing: Sharing;
  readonly panes: Map<number, Pane>;
}

/** A group's windows at a moment, the largest first. */
interface Share {
  readonly pane: Pane;
  readonly spans: Span[];
}

/** All windows at a moment, and for how long they are the same. */
interface Layout {
  readonly from: number;
  readonly until: number;
  readonly shares: readonly Share[];
  readonly refused: Bounds | undefined;
}

const nowhere: Layout = { from: Number.NaN, until: Number.NaN, shares: [], refused: undefined };

/**
 * Windows whose bounds do not depend on the records: tumbling and hopping ones.
 *
 * Tumbling sizes that divide the largest share a family for each of its windows. Hopping windows share one for each run of
 * them whose starts lie within one size: a record is in windows of two such runs at most, so it is stored twice at most,
 * however many windows overlap.
 */
export class AlignedPlacement implements Placement {
  readonly #windows: Tumbling | Hopping;
  readonly #cells: WindowCells;
  readonly #schedule: WindowSchedule;
  readonly #latenessMs: number;
  readonly #groups: readonly Group[];
  /** By level, then start. */
  readonly #spans: readonly Map<number, Span>[];
  #layout = nowhere;

  constructor(windows: Tumbling | Hopping, cells: WindowCells, schedule: WindowSchedule, latenessMs: number) {
    this.#windows = windows;
    this.#cells = cells;
    this.#schedule = schedule;
    this.#latenessMs = latenessMs;
    this.#groups = groupsOf(windows);
    this.#spans = this.#groups.flatMap((group) => group.sizesMs.map(() => new Map()));
  }

  place(time: number, key: unknown, into: Targets, horizon: number): Bounds | undefined {
    let layout = this.#layout;
    if (horizon > time + this.#latenessMs) layout = this.#layOut(time, Math.max(horizon, this.#cells.watermark));
    else if (!(time >= layout.from && time < layout.until)) {
      layout = this.#layout = this.#layOut(time, this.#cells.watermark);
    }
    into.count = 0;
    for (const share of layout.shares) this.#bind(share, key, into);
    into.key = key;
    into.from = layout.from;
    into.until = layout.refused === undefined ? layout.until : Number.NEGATIVE_INFINITY;
    return layout.refused;
  }

  adopt({ family: id, slot, key, level, start, end, seq }: StoredCell): Cell {
    const group = this.#groups.find(({ sizesMs }) => sizesMs.includes(end - start))!;
    const pane = this.#pane(group, start);
    const family = pane.families.get(key) ?? this.#cells.openFamily(key, group.sharing, pane.families, id);
    return this.#cells.addCell(family, this.#span(level, start, end), slot, seq);
  }

  leave(): void {
    this.#layout = nowhere;
  }

  forget(span: Span): void {
    this.#spans[span.level]!.delete(span.start);
    for (const { panes } of this.#groups) {
      for (const pane of panes.values()) if (pane.families.size === 0) panes.delete(pane.start);
    }
  }

  #bind({ pane, spans }: Share, key: unknown, into: Targets): void {
    const family = pane.families.get(key) ?? this.#cells.openFamily(key, pane.group.sharing, pane.families);
    const target = nextTarget(into, family);
    for (const span of spans) {
      const cell = cellIn(family, span) ?? this.#cells.openCell(family, span);
      this.#cells.touch(cell);
      target.slots[target.count++] = cell.slot;
    }
  }

  /** What the windows are for a record of that time when event time stands at `now`. */
  #layOut(time: number, now: number): Layout {
    const bounds = this.#boundsAt(time);
    let [from, until] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const shares: Share[] = [];
    let refused: Bounds | undefined;
    for (const { group, start, end } of bounds) {
      from = Math.max(from, start);
      until = Math.min(until, end);
      if (end + this.#latenessMs <= now) {
        if (refused === undefined || end < refused.end || (end === refused.end && start > refused.start)) {
          refused = { start, end };
        }
        continue;
      }
      const pane = this.#pane(group, start);
      let share = shares.find((known) => known.pane === pane);
      if (share === undefined) shares.push((share = { pane, spans: [] }));
      share.spans.push(this.#span(this.#levelOf(end - start), start, end));
    }
    if (this.#windows.kind === "hopping") [from, until] = this.#hop(from, until, bounds[0]!.end);
    return { from, until, shares, refused };
  }

  /** The windows at a moment: by group, the largest first; hopping ones by start. */
  #boundsAt(time: number): { group: Group; start: number; end: number }[] {
    const { offsetMs } = this.#windows;
    if (this.#windows.kind === "tumbling") {
      return this.#groups.flatMap((group) =>
        group.sizesMs.map((size) => {
          const start = startOf(time, size, offsetMs);
          return { group, start, end: start + size };
        }),
      );
    }
    const { sizeMs, everyMs } = this.#windows;
    const bounds = [];
    for (let start = startOf(time, everyMs, offsetMs); start + sizeMs > time; start -= everyMs) {
      bounds.unshift({ group: this.#groups[0]!, start, end: start + sizeMs });
    }
    return bounds;
  }

  /** Hopping windows are the same until the next one begins or the oldest ends, and since the one before that ended. */
  #hop(from: number, until: number, oldestEnd: number): [from: number, until: number] {
    const { everyMs } = this.#windows as Hopping;
    return [Math.max(from, oldestEnd - everyMs), Math.min(until, from + everyMs)];
  }

  #levelOf(sizeMs: number): number {
    return this.#windows.kind === "tumbling" ? this.#windows.sizesMs.indexOf(sizeMs) : 0;
  }

  #pane(group: Group, at: number): Pane {
    const start = startOf(at, group.paneMs, this.#windows.offsetMs);
    let pane = group.panes.get(start);
    if (pane === undefined) group.panes.set(start, (pane = { group, start, families: new Map() }));
    return pane;
  }

  #span(level: number, start: number, end: number): Span {
    let span = this.#spans[level]!.get(start);
    if (span !== undefined) return span;
    const fired = end <= this.#cells.watermark;
    span = { start, end, level, seq: this.#cells.nextSeq(), fired, due: 0, cells: [] };
    this.#spans[level]!.set(start, span);
    this.#schedule.add(span);
    return span;
  }
}

function groupsOf(windows: Tumbling | Hopping): Group[] {
  if (windows.kind === "tumbling") {
    return nestingGroups(windows.sizesMs).map((sizesMs) => {
      const sharing = sizesMs.length === 1 ? "alone" : "nested";
      return { sizesMs, paneMs: sizesMs[0]!, sharing, panes: new Map() };
    });
  }
  const { sizeMs, everyMs } = windows;
  const paneMs = Math.ceil(sizeMs / everyMs) * everyMs;
  return [{ sizesMs: [sizeMs], paneMs, sharing: paneMs === everyMs ? "alone" : "overlapping", panes: new Map() }];
}
