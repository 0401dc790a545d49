import type { Aggregate, AggregateFamily, Sharing } from "../aggregates/aggregate.ts";

/** A stretch of event time, `start` up to but without `end`, and the cells of all keys that have records in it. */
export interface Span {
  start: number;
  end: number;
  /** Which of the sizes it is, from the smallest; 0 for hopping windows and sessions. */
  readonly level: number;
  /** Counts windows in the order they were opened. */
  readonly seq: number;
  /** Whether event time has reached the end. */
  fired: boolean;
  /** When the schedule wants to see it; NaN when it is gone. */
  due: number;
  readonly cells: Cell[];
}

/** One key's one window. */
export interface Cell {
  readonly family: Family;
  readonly slot: number;
  readonly span: Span;
  /** Counts cells in the order they were opened. */
  readonly seq: number;
  /** The result that went out last, as text, with the window's bounds; undefined before one did. */
  emitted: string | undefined;
  /** Whether records came since a result went out. */
  changed: boolean;
  /** Whether the next checkpoint must write it. */
  dirty: boolean;
  /** Whether a checkpoint may hold it. */
  written: boolean;
  alive: boolean;
}

/** Windows of one key that share their aggregates' state: a cell for each, a slot for each cell. */
export interface Family {
  readonly id: number;
  readonly key: unknown;
  readonly states: readonly AggregateFamily<unknown>[];
  /** In the order they were opened. */
  cells: Cell[];
  freeSlots: number[] | undefined;
  /** Where it is found by its key, if anywhere. */
  readonly home: Map<unknown, Family> | undefined;
  alive: boolean;
  dirty: boolean;
  /** Names of the parts that a checkpoint may hold. */
  written: Set<string> | undefined;
}

/** All windows of a step that have records in them, by what they share, with what a checkpoint must know of them. */
export class WindowCells {
  readonly aggregates: readonly Aggregate<never, unknown>[];
  readonly families = new Map<number, Family>();
  /** Cells that changed after event time had passed their window. */
  readonly late = new Set<Cell>();
  /** Families that changed since the last checkpoint. None that is gone: a run without checkpoints would keep them all. */
  readonly dirty = new Set<Family>();
  /** What the next checkpoint must delete. */
  gone: string[] = [];
  /** Event time as it stands, in milliseconds. */
  watermark = Number.NEGATIVE_INFINITY;
  /** How many windows there are, counted for each key. */
  open = 0;
  #nextFamily = 0;
  #nextSeq = 0;

  constructor(aggregates: readonly Aggregate<never, unknown>[]) {
    this.aggregates = aggregates;
  }

  /** A new family. `id` is given when it comes out of a checkpoint. */
  openFamily(key: unknown, sharing: Sharing, home: Map<unknown, Family> | undefined, id = this.#nextFamily): Family {
    if (typeof key === "object" && key !== null) throw new TypeError("a window's key must not be an object");
    const family: Family = {
      id,
      key,
      states: this.aggregates.map((aggregate) => aggregate.family(sharing)),
      cells: [],
      freeSlots: undefined,
      home,
      alive: true,
      dirty: false,
      written: undefined,
    };
    this.#nextFamily = Math.max(this.#nextFamily, id + 1);
    this.families.set(id, family);
    home?.set(key, family);
    return family;
  }

  /** A new, empty cell. */
  openCell(family: Family, span: Span): Cell {
    return this.addCell(family, span, family.freeSlots?.pop() ?? family.cells.length, this.nextSeq());
  }

  /** A cell in a given slot, as it comes out of a checkpoint. */
  addCell(family: Family, span: Span, slot: number, seq: number): Cell {
    const cell = {
      family,
      slot,
      span,
      seq,
      emitted: undefined,
      changed: false,
      dirty: false,
      written: false,
      alive: true,
    };
    // An array that was pushed to has room for 17: of a million families with one cell, that is 130 MB.
    if (family.cells.length === 0) family.cells = [cell];
    else family.cells.push(cell);
    span.cells.push(cell);
    this.#nextSeq = Math.max(this.#nextSeq, seq + 1);
    this.open++;
    return cell;
  }

  nextSeq(): number {
    return this.#nextSeq++;
  }

  /** To be called when records go into a cell. */
  touch(cell: Cell): void {
    cell.changed = true;
    if (cell.span.fired) this.late.add(cell);
    this.rewrite(cell);
  }

  /** To be called when anything else about a cell changes. */
  rewrite(cell: Cell): void {
    cell.dirty = true;
    if (cell.family.dirty) return;
    cell.family.dirty = true;
    this.dirty.add(cell.family);
  }

  /** Forgets a cell, and its family with the last one. */
  close(cell: Cell): void {
    const { family } = cell;
    cell.alive = false;
    this.late.delete(cell);
    this.open--;
    if (cell.written) this.gone.push(`${family.id}/${cell.slot}`);
    if (family.cells.length === 1) {
      this.#drop(family);
      return;
    }
    family.cells.splice(family.cells.indexOf(cell), 1);
    this.#freeSlot(family, cell.slot);
  }

  #freeSlot(family: Family, slot: number): void {
    for (const state of family.states) state.free(slot);
    if (family.freeSlots === undefined) family.freeSlots = [slot];
    else family.freeSlots.push(slot);
    if (family.dirty) return;
    family.dirty = true;
    this.dirty.add(family);
  }

  #drop(family: Family): void {
    family.alive = false;
    this.dirty.delete(family);
    this.families.delete(family.id);
    if (family.home?.get(family.key) === family) family.home.delete(family.key);
    for (const name of family.written ?? []) this.gone.push(name);
  }
}

/** The family's cell in a window. Looks at the largest window, which is the oldest cell, and then at the newest ones first. */
export function cellIn(family: Family, span: Span): Cell | undefined {
  const { cells } = family;
  if (cells[0]?.span === span) return cells[0];
  for (let i = cells.length - 1; i > 0; i--) if (cells[i]!.span === span) return cells[i];
  return undefined;
}
