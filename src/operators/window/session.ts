import type { Session } from "../../time/windows.ts";
import type { Cell, Span, WindowCells } from "./cells.ts";
import type { MergeHome } from "./merged.ts";
import { type Bounds, nextTarget, type Placement, type Targets } from "./placement.ts";
import type { WindowSchedule } from "./schedule.ts";
import type { StoredCell } from "./store.ts";

/**
 * Sessions: each is a family of its own with one cell, whose window grows with its records, and which takes in those it
 * comes to overlap. The session opened first takes in the others.
 */
export class SessionPlacement implements Placement, MergeHome {
  readonly #gapMs: number;
  readonly #cells: WindowCells;
  readonly #schedule: WindowSchedule;
  readonly #latenessMs: number;
  /** A key's sessions, in no order. Few at a time, since each is over a while after its last record. */
  readonly #sessions = new Map<unknown, Cell[]>();

  constructor(windows: Session, cells: WindowCells, schedule: WindowSchedule, latenessMs: number) {
    this.#gapMs = windows.gapMs;
    this.#cells = cells;
    this.#schedule = schedule;
    this.#latenessMs = latenessMs;
  }

  place(time: number, key: unknown, into: Targets, horizon: number): Bounds | undefined {
    const bounds = { start: time, end: time + this.#gapMs };
    into.count = 0;
    into.until = Number.NEGATIVE_INFINITY;
    const cell = this.#cellOf(key, bounds, Math.max(horizon, this.#cells.watermark));
    if (cell === undefined) return bounds;
    this.#cells.touch(cell);
    const target = nextTarget(into, cell.family);
    target.slots[target.count++] = cell.slot;
    return undefined;
  }

  cellOf(start: number, end: number): Cell | undefined {
    return this.#cellOf(undefined, { start, end }, this.#cells.watermark);
  }

  adopt({ family: id, slot, key, start, end, seq }: StoredCell): Cell {
    const family = this.#cells.openFamily(key, "alone", undefined, id);
    const cell = this.#cells.addCell(family, this.#span({ start, end }, seq), slot, seq);
    this.#list(cell);
    return cell;
  }

  leave(span: Span): void {
    for (const cell of span.cells) this.#unlist(cell);
  }

  forget(): void {}

  /** The session that has these bounds in it; undefined when there is none and it is too late for one. */
  #cellOf(key: unknown, bounds: Bounds, now: number): Cell | undefined {
    const touching = this.#touching(key, bounds);
    if (touching.length > 0) return this.#join(touching, bounds);
    return bounds.end + this.#latenessMs <= now ? undefined : this.#open(key, bounds);
  }

  #touching(key: unknown, { start, end }: Bounds): Cell[] {
    const known = this.#sessions.get(key);
    return known === undefined ? [] : known.filter(({ span }) => span.start < end && start < span.end);
  }

  #open(key: unknown, bounds: Bounds): Cell {
    const family = this.#cells.openFamily(key, "alone", undefined);
    const cell = this.#cells.openCell(family, this.#span(bounds, this.#cells.nextSeq()));
    this.#list(cell);
    return cell;
  }

  #join(touching: readonly Cell[], bounds: Bounds): Cell {
    const oldest = touching.reduce((a, b) => (a.seq < b.seq ? a : b));
    for (const cell of touching) if (cell !== oldest) this.#takeIn(oldest, cell);
    const { span } = oldest;
    span.start = Math.min(span.start, bounds.start);
    span.end = Math.max(span.end, bounds.end);
    if (span.fired && span.end > this.#cells.watermark) {
      span.fired = false;
      this.#cells.late.delete(oldest);
      this.#schedule.add(span);
    }
    return oldest;
  }

  #takeIn(cell: Cell, other: Cell): void {
    cell.family.states.forEach((state, i) => {
      state.absorb(other.family.states[i]!);
    });
    cell.span.start = Math.min(cell.span.start, other.span.start);
    cell.span.end = Math.max(cell.span.end, other.span.end);
    cell.emitted ??= other.emitted;
    this.#unlist(other);
    this.#cells.close(other);
    other.span.due = Number.NaN;
  }

  #span({ start, end }: Bounds, seq: number): Span {
    const span = { start, end, level: 0, seq, fired: end <= this.#cells.watermark, due: 0, cells: [] };
    this.#schedule.add(span);
    return span;
  }

  #list(cell: Cell): void {
    const known = this.#sessions.get(cell.family.key);
    if (known === undefined) this.#sessions.set(cell.family.key, [cell]);
    else known.push(cell);
  }

  #unlist(cell: Cell): void {
    const known = this.#sessions.get(cell.family.key);
    const at = known?.indexOf(cell) ?? -1;
    if (known === undefined || at < 0) return;
    if (known.length === 1) this.#sessions.delete(cell.family.key);
    else known.splice(at, 1);
  }
}
