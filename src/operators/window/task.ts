import { MillraceError } from "../../core/errors.ts";
import type { Counter } from "../../core/meter.ts";
import type { OperatorContext, Task } from "../../core/operator.ts";
import type { Windows } from "../../time/windows.ts";
import type { Aggregate } from "../aggregates/aggregate.ts";
import { AlignedPlacement } from "./aligned.ts";
import { type Cell, WindowCells } from "./cells.ts";
import { type Bounds, noTargets, type Placement, type Targets } from "./placement.ts";
import { bySpan, WindowSchedule } from "./schedule.ts";
import { SessionPlacement } from "./session.ts";
import { type StoredCell, type WindowOwner, WindowStore } from "./store.ts";
import { isMoment, momentText, waitText, windowText } from "./text.ts";

/** How a window step is set, checked. */
export interface WindowSettings {
  readonly windows: Windows;
  /** How long after its end a window takes late records; 0 if they are dropped. */
  readonly latenessMs: number;
  readonly names: readonly string[];
  readonly aggregates: readonly Aggregate<never, unknown>[];
}

/** A running window step: puts records into windows, and lets results out when event time passes the windows' ends. */
export class WindowTask<In> implements Task<In>, WindowOwner {
  readonly cells: WindowCells;
  readonly #context: OperatorContext<unknown>;
  readonly #settings: WindowSettings;
  readonly #schedule: WindowSchedule;
  readonly #placement: Placement;
  readonly #targets: Targets = noTargets();
  readonly #inputOf: readonly ((value: In) => unknown)[];
  readonly #inputs: unknown[] = [];
  readonly #late: Counter;
  readonly #windows: Counter;
  readonly #updates: Counter;
  /** Whether records came since all that was open went out. */
  #fresh = true;
  #result: unknown;
  readonly #emitResult = () => this.#context.emit(this.#result);

  constructor(context: OperatorContext<unknown>, settings: WindowSettings) {
    const { windows, latenessMs, aggregates } = settings;
    this.#context = context;
    this.#settings = settings;
    this.#inputOf = aggregates.map((aggregate) => aggregate.input as (value: In) => unknown);
    this.cells = new WindowCells(aggregates);
    this.#schedule = new WindowSchedule(latenessMs);
    this.#placement =
      windows.kind === "session"
        ? new SessionPlacement(windows, this.cells, this.#schedule, latenessMs)
        : new AlignedPlacement(windows, this.cells, this.#schedule, latenessMs);
    this.#late = context.meter.counter("late");
    this.#windows = context.meter.counter("windows");
    this.#updates = context.meter.counter("updates");
    context.state("windows", new WindowStore(this));
  }

  record(value: In): void {
    const inputs = this.#inputs;
    try {
      for (let i = 0; i < this.#inputOf.length; i++) inputs[i] = this.#inputOf[i]!(value);
    } catch (cause) {
      this.#context.failed(cause);
      return;
    }
    const { time, key } = this.#context.record;
    const targets = this.#targets;
    if (!(time >= targets.from && time < targets.until && key === targets.key)) this.#place(value, time, key);
    for (let t = 0; t < targets.count; t++) {
      const { family, slots, count } = targets.items[t]!;
      for (let i = 0; i < inputs.length; i++) family.states[i]!.add(inputs[i], slots, count);
    }
  }

  watermark(time: number): void {
    if (time > this.cells.watermark) {
      this.cells.watermark = time;
      if (this.cells.late.size > 0 || time >= this.#schedule.next) this.#advance(time);
    }
    this.#context.watermark(time);
  }

  idle(): void {
    this.#flush();
    this.#context.idle();
  }

  end(): void {
    this.#flush();
  }

  collected(): void {
    this.#forgetTargets();
  }

  adopt(stored: StoredCell): Cell {
    return this.#placement.adopt(stored);
  }

  status(): Record<string, unknown> {
    const oldest = this.#schedule.earliestOpen();
    return {
      openWindows: this.cells.open,
      oldestWindow: oldest === undefined ? undefined : windowText(oldest.start, oldest.end),
    };
  }

  waitsFor(): string | undefined {
    const oldest = this.#schedule.earliestOpen();
    return oldest === undefined ? undefined : waitText(oldest.start, oldest.end, this.cells.watermark);
  }

  #place(value: In, time: number, key: unknown): void {
    this.#targets.count = 0;
    this.#forgetTargets();
    if (Number.isNaN(time)) throw this.#noEventTime();
    if (!isMoment(time)) {
      this.#context.failed(new RangeError(`an event time of ${momentText(time)} is on no calendar`));
      return;
    }
    this.#fresh = true;
    const refused = this.#placement.place(time, key, this.#targets);
    if (refused !== undefined) this.#tooLate(value, time, refused);
  }

  #tooLate(value: In, time: number, { start, end }: Bounds): void {
    this.#late.value++;
    if (!this.#context.hasSide("late")) return;
    this.#context.side("late", { value, time, window: { start, end, size: end - start } });
  }

  /** Corrections first, then the windows that end, then what no late record may reach any more is forgotten. */
  #advance(time: number): void {
    this.#emitLate();
    const { ended, over } = this.#schedule.due(time);
    for (const { cells } of ended) for (const cell of cells) this.#emit(cell, this.#settings.latenessMs > 0);
    for (const span of over) {
      for (const cell of span.cells) this.cells.close(cell);
      this.#placement.forget(span);
    }
    this.#forgetTargets();
  }

  /** Lets out all that is open and has changed, and keeps it. */
  #flush(): void {
    if (!this.#fresh) return;
    this.#fresh = false;
    this.#emitLate();
    const open: Cell[] = [];
    for (const { cells } of this.cells.families.values()) for (const cell of cells) if (cell.changed) open.push(cell);
    for (const cell of open.sort(byCell)) this.#emit(cell, true);
    this.#forgetTargets();
  }

  #emitLate(): void {
    if (this.cells.late.size === 0) return;
    const late = [...this.cells.late].sort(byCell);
    this.cells.late.clear();
    for (const cell of late) this.#emit(cell, true);
  }

  /** Lets a cell's result out, if it changed; `keep` says that it may have to be compared with a later one. */
  #emit(cell: Cell, keep: boolean): void {
    if (!cell.changed) return;
    cell.changed = false;
    const { family, slot, span } = cell;
    const { start, end } = span;
    const results = family.states.map((state) => state.result(slot));
    const update = cell.emitted !== undefined;
    if (update || keep) {
      this.cells.rewrite(cell);
      const text = JSON.stringify([start, end, ...results]);
      if (text === cell.emitted) return;
      cell.emitted = text;
    }
    (update ? this.#updates : this.#windows).value++;
    const result: Record<string, unknown> = { key: family.key, window: { start, end, size: end - start, update } };
    for (let i = 0; i < results.length; i++) result[this.#settings.names[i]!] = results[i];
    this.#result = result;
    this.#context.without(end - 1, family.key, this.#emitResult);
  }

  #forgetTargets(): void {
    this.#targets.until = Number.NEGATIVE_INFINITY;
  }

  #noEventTime(): MillraceError {
    return new MillraceError("ML1001", {
      step: this.#context.id,
      message: "a window needs event time, and this record has none: put an eventTime step before the window",
    });
  }
}

function byCell(a: Cell, b: Cell): number {
  return bySpan(a.span, b.span) || a.seq - b.seq;
}
