import type { OperatorContext } from "../../core/operator.ts";
import { type Cell, type Span, WindowCells } from "./cells.ts";
import type { WindowOutlet } from "./outlet.ts";
import { bySpan, WindowSchedule } from "./schedule.ts";
import type { WindowSettings } from "./settings.ts";
import { type StoredCell, type WindowOwner, WindowStore } from "./store.ts";
import { waitText, windowText } from "./text.ts";

/** Where windows are found again. */
export interface WindowHome {
  /** Puts a cell back that comes out of a checkpoint. */
  adopt(stored: StoredCell): Cell;
  /** To be told of each window that is over for good: no record may come into it any more. */
  leave(span: Span): void;
  /** To be told of it again when its content has left, and its cells are closed. */
  forget(span: Span): void;
}

/** The windows of a step, as its state, and what event time, silence and the end do to them. */
export class OpenWindows implements WindowOwner {
  readonly cells: WindowCells;
  readonly schedule: WindowSchedule;
  /** Whether records came since all that was open went out. */
  fresh = true;
  readonly #context: OperatorContext<unknown>;
  readonly #latenessMs: number;
  readonly #onMoved: () => void;
  #home!: WindowHome;
  #outlet!: WindowOutlet;

  /** `onMoved` is called when cells must be marked as changed again before anything is added to them. */
  constructor(context: OperatorContext<unknown>, settings: WindowSettings, onMoved: () => void) {
    this.cells = new WindowCells(settings.aggregates);
    this.schedule = new WindowSchedule(settings.latenessMs);
    this.#context = context;
    this.#latenessMs = settings.latenessMs;
    this.#onMoved = onMoved;
    context.state("windows", new WindowStore(this));
  }

  /** To be called once, before anything else: both are built on `cells` and `schedule`. */
  connect(home: WindowHome, outlet: WindowOutlet): void {
    this.#home = home;
    this.#outlet = outlet;
  }

  adopt(stored: StoredCell): Cell {
    return this.#home.adopt(stored);
  }

  collected(): void {
    this.#onMoved();
  }

  /** Event time has come to `time`; it is passed on when all that it brings about has left. */
  watermark(time: number): void {
    const { cells, schedule } = this;
    const moved = time > cells.watermark;
    if (moved) cells.watermark = time;
    if ((moved || this.#outlet.resumes) && (cells.late.size > 0 || cells.watermark >= schedule.next)) this.#advance();
    // Most records move event time: no function is made for what is most often done at once.
    if (this.#outlet.busy) this.#outlet.after(() => this.#pass(time));
    else this.#pass(time);
  }

  /** The input has fallen silent. */
  idle(): void {
    this.flush();
    this.#outlet.after(() => this.#context.idle());
  }

  /** Lets out all that is open and has changed, and keeps it. */
  flush(): void {
    if (!this.fresh) return;
    this.fresh = false;
    this.#emitLate();
    const open: Cell[] = [];
    for (const { cells } of this.cells.families.values()) for (const cell of cells) if (cell.changed) open.push(cell);
    for (const cell of open.sort(byCell)) this.#outlet.emit(cell, true);
    this.#onMoved();
  }

  status(): Record<string, unknown> {
    const oldest = this.schedule.earliestOpen();
    return {
      openWindows: this.cells.open,
      oldestWindow: oldest === undefined ? undefined : windowText(oldest.start, oldest.end),
    };
  }

  waitsFor(): string | undefined {
    const oldest = this.schedule.earliestOpen();
    return oldest === undefined ? undefined : waitText(oldest.start, oldest.end, this.cells.watermark);
  }

  #pass(time: number): void {
    this.#context.watermark(this.#outlet.upTo === undefined ? time : this.#outlet.upTo(time));
  }

  /** Corrections first, then the windows that end, then what no late record may reach any more is forgotten. */
  #advance(): void {
    this.#emitLate();
    const { ended, over } = this.schedule.due(this.cells.watermark);
    for (const { cells } of ended) for (const cell of cells) this.#outlet.emit(cell, this.#latenessMs > 0);
    for (const span of over) this.#home.leave(span);
    if (over.length > 0) this.#outlet.after(() => this.#close(over));
    this.#onMoved();
  }

  #close(over: readonly Span[]): void {
    for (const span of over) {
      for (const cell of span.cells) this.cells.close(cell);
      this.#home.forget(span);
    }
    this.#onMoved();
  }

  #emitLate(): void {
    if (this.cells.late.size === 0) return;
    const late = [...this.cells.late].sort(byCell);
    this.cells.late.clear();
    for (const cell of late) this.#outlet.emit(cell, true);
  }
}

function byCell(a: Cell, b: Cell): number {
  return bySpan(a.span, b.span) || a.seq - b.seq;
}
