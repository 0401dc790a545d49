import type { ChangeLog, Stateful } from "../../core/state.ts";
import { decodeKey, encodeKey, type StoreKey } from "../../state/store-key.ts";
import type { Cell, Family, WindowCells } from "./cells.ts";

/** What a checkpoint holds of a cell. */
export interface StoredCell {
  readonly family: number;
  readonly slot: number;
  readonly key: unknown;
  readonly level: number;
  readonly start: number;
  readonly end: number;
  readonly seq: number;
}

type CellData = [
  key: string | null,
  level: number,
  start: number,
  end: number,
  seq: number,
  changed: 0 | 1,
  emitted: string | null,
  states: unknown[],
];

/** What the store needs of the task. */
export interface WindowOwner {
  readonly cells: WindowCells;
  /** Puts a stored cell where it was. They come in the order in which they were opened. */
  adopt(cell: StoredCell): Cell;
  /** Something is written now: changes from now on must be told again. */
  collected(): void;
}

const watermarkKey = "watermark";

/**
 * The windows as entries: `watermark`; `<family>/<slot>` for a cell, with the state its aggregates save for the slot; and
 * `<family>/<aggregate>/<part>` for what an aggregate stores on its own. A checkpoint costs what changed in families that
 * are still there: windows that came and went between two of them are never written.
 */
export class WindowStore implements Stateful {
  readonly #owner: WindowOwner;
  #writtenWatermark = Number.NEGATIVE_INFINITY;
  #restoring = new Map<string, Buffer>();
  #watched = true;

  constructor(owner: WindowOwner) {
    this.#owner = owner;
  }

  unwatched(): void {
    this.#watched = false;
  }

  collect(log: ChangeLog): void {
    // The last checkpoint of a run that keeps none would encode every set for nobody.
    if (!this.#watched) return;
    const { cells } = this.#owner;
    for (const name of cells.gone) log.delete(name);
    cells.gone = [];
    for (const family of cells.dirty) collectFamily(family, log);
    cells.dirty.clear();
    if (cells.watermark !== this.#writtenWatermark) log.put(watermarkKey, Buffer.from(String(cells.watermark)));
    this.#writtenWatermark = cells.watermark;
    this.#owner.collected();
  }

  *entries(): Generator<readonly [string, Uint8Array]> {
    const { families, watermark } = this.#owner.cells;
    if (watermark > Number.NEGATIVE_INFINITY) yield [watermarkKey, Buffer.from(String(watermark))];
    // Those of now only: families opened meanwhile are collected, and an iteration over the map might never end.
    for (const family of [...families.values()]) if (family.alive) yield* familyEntries(family);
  }

  apply(key: string, value: Uint8Array | undefined): void {
    if (value === undefined) this.#restoring.delete(key);
    else this.#restoring.set(key, Buffer.from(value));
  }

  restored(): void {
    const stored = this.#restoring;
    this.#restoring = new Map();
    const watermark = stored.get(watermarkKey);
    stored.delete(watermarkKey);
    if (watermark !== undefined) this.#owner.cells.watermark = this.#writtenWatermark = Number(watermark.toString());
    const cells: [StoredCell, CellData][] = [];
    const parts: [path: string[], value: Buffer][] = [];
    for (const [name, value] of stored) {
      const path = name.split("/");
      if (path.length === 2) cells.push(parseCell(path, value));
      else parts.push([path, value]);
    }
    for (const [cell, data] of cells.sort((a, b) => a[0].seq - b[0].seq)) this.#restoreCell(cell, data);
    this.#restoreParts(parts);
  }

  #restoreCell(stored: StoredCell, [, , , , , changed, emitted, states]: CellData): void {
    const cell = this.#owner.adopt(stored);
    cell.written = true;
    cell.emitted = emitted ?? undefined;
    cell.changed = changed === 1;
    if (cell.changed && cell.span.fired) this.#owner.cells.late.add(cell);
    cell.family.states.forEach((state, i) => {
      state.load(cell.slot, states[i]);
    });
  }

  #restoreParts(parts: readonly [path: string[], value: Buffer][]): void {
    const { families } = this.#owner.cells;
    for (const [[id, aggregate, ...rest], value] of parts) {
      const family = families.get(Number(id));
      if (family === undefined) continue;
      family.states[Number(aggregate)]?.parts?.apply(rest.join("/"), value);
      (family.written ??= new Set()).add([id, aggregate, ...rest].join("/"));
    }
    for (const family of families.values()) {
      freeUnusedSlots(family);
      for (const state of family.states) state.parts?.restored?.();
    }
  }
}

function collectFamily(family: Family, log: ChangeLog): void {
  family.dirty = false;
  for (const cell of family.cells) {
    if (!cell.dirty) continue;
    cell.dirty = false;
    cell.written = true;
    log.put(`${family.id}/${cell.slot}`, encodeCell(cell));
  }
  family.states.forEach((state, i) => {
    state.parts?.collect(partLog(family, i, log));
  });
}

function* familyEntries(family: Family): Generator<readonly [string, Uint8Array]> {
  for (const cell of [...family.cells]) {
    if (!cell.alive) continue;
    cell.written = true;
    yield [`${family.id}/${cell.slot}`, encodeCell(cell)];
  }
  for (const [i, state] of family.states.entries()) {
    for (const [key, value] of state.parts?.entries() ?? []) {
      if (!family.alive) return;
      const name = `${family.id}/${i}/${key}`;
      (family.written ??= new Set()).add(name);
      yield [name, value];
    }
  }
}

function partLog(family: Family, aggregate: number, log: ChangeLog): ChangeLog {
  const prefix = `${family.id}/${aggregate}/`;
  return {
    put: (key, value) => {
      (family.written ??= new Set()).add(prefix + key);
      log.put(prefix + key, value);
    },
    delete: (key) => {
      if (family.written?.delete(prefix + key)) log.delete(prefix + key);
    },
  };
}

function encodeCell({ family, span, slot, seq, changed, emitted }: Cell): Uint8Array {
  const states = family.states.map((state) => state.save(slot));
  const { level, start, end } = span;
  const key = family.key === undefined ? null : encodeKey(family.key as StoreKey);
  const data: CellData = [key, level, start, end, seq, changed ? 1 : 0, emitted ?? null, states];
  return Buffer.from(JSON.stringify(data));
}

function parseCell([family, slot]: readonly string[], value: Buffer): [StoredCell, CellData] {
  const data = JSON.parse(value.toString()) as CellData;
  const [key, level, start, end, seq] = data;
  return [
    {
      family: Number(family),
      slot: Number(slot),
      key: key === null ? undefined : decodeKey(key),
      level,
      start,
      end,
      seq,
    },
    data,
  ];
}

function freeUnusedSlots(family: Family): void {
  const used = new Set(family.cells.map((cell) => cell.slot));
  for (let slot = Math.max(...used) - 1; slot >= 0; slot--) if (!used.has(slot)) (family.freeSlots ??= []).push(slot);
}
