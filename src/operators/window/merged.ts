import type { Cell, Span, WindowCells } from "./cells.ts";
import type { WindowHome } from "./open-windows.ts";
import type { WindowSchedule } from "./schedule.ts";
import type { StoredCell } from "./store.ts";

/** Finds the windows into which parts from other tasks go. */
export interface MergeHome extends WindowHome {
  /** The cell of a window with these bounds, a new one if there is none; undefined when it is over. A session may take in others. */
  cellOf(start: number, end: number): Cell | undefined;
}

/** Windows whose bounds do not depend on what is in them. They share nothing: those that nest may be in different tasks. */
export class MergedPlacement implements MergeHome {
  readonly #cells: WindowCells;
  readonly #schedule: WindowSchedule;
  readonly #latenessMs: number;
  /** By size, then start. */
  readonly #bySize = new Map<number, Map<number, Cell>>();

  constructor(cells: WindowCells, schedule: WindowSchedule, latenessMs: number) {
    this.#cells = cells;
    this.#schedule = schedule;
    this.#latenessMs = latenessMs;
  }

  cellOf(start: number, end: number): Cell | undefined {
    if (end + this.#latenessMs <= this.#cells.watermark) return undefined;
    const known = this.#bySize.get(end - start)?.get(start);
    if (known !== undefined) return known;
    const family = this.#cells.openFamily(undefined, "alone", undefined);
    return this.#put(this.#cells.openCell(family, this.#span(start, end, this.#cells.nextSeq())));
  }

  adopt({ family: id, slot, start, end, seq }: StoredCell): Cell {
    const family = this.#cells.openFamily(undefined, "alone", undefined, id);
    return this.#put(this.#cells.addCell(family, this.#span(start, end, seq), slot, seq));
  }

  leave(): void {}

  forget({ start, end }: Span): void {
    const starts = this.#bySize.get(end - start);
    starts?.delete(start);
    if (starts?.size === 0) this.#bySize.delete(end - start);
  }

  #put(cell: Cell): Cell {
    const { start, end } = cell.span;
    const starts = this.#bySize.get(end - start);
    if (starts === undefined) this.#bySize.set(end - start, new Map([[start, cell]]));
    else starts.set(start, cell);
    return cell;
  }

  #span(start: number, end: number, seq: number): Span {
    const span: Span = { start, end, level: 0, seq, fired: end <= this.#cells.watermark, due: 0, cells: [] };
    this.#schedule.add(span);
    return span;
  }
}
