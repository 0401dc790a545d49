import { MillraceError } from "../../core/errors.ts";
import type { Counter } from "../../core/meter.ts";
import type { OperatorContext, Task } from "../../core/operator.ts";
import type { Slice } from "../../core/records.ts";
import { MergedPlacement, type MergeHome } from "./merged.ts";
import { OpenWindows } from "./open-windows.ts";
import { decodeWindowPart, layoutOf, type WindowPart } from "./part-format.ts";
import { WindowResults } from "./results.ts";
import { SessionPlacement } from "./session.ts";
import type { WindowSettings } from "./settings.ts";

/** Puts the parts of windows together that other tasks hand over, and lets results out when event time passes the windows' ends. */
export class WindowMergeTask implements Task<Slice> {
  readonly #context: OperatorContext<unknown>;
  readonly #layout: number;
  readonly #open: OpenWindows;
  readonly #placement: MergeHome;
  readonly #lateParts: Counter;

  /** `layout`: what parts must tell to be read. */
  constructor(context: OperatorContext<unknown>, settings: WindowSettings, layout: number) {
    this.#context = context;
    this.#layout = layout;
    this.#open = new OpenWindows(context, settings, () => {});
    const { cells, schedule } = this.#open;
    const { windows, latenessMs } = settings;
    this.#placement =
      windows.kind === "session"
        ? new SessionPlacement(windows, cells, schedule, latenessMs)
        : new MergedPlacement(cells, schedule, latenessMs);
    this.#open.connect(this.#placement, new WindowResults(context, cells, settings.names));
    this.#lateParts = context.meter.counter("lateParts");
  }

  record(slice: Slice): void {
    const bytes = slice.buffer.subarray(slice.start, slice.end);
    let part: WindowPart;
    try {
      this.#checkLayout(layoutOf(bytes));
      part = decodeWindowPart(bytes);
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause;
      this.#context.deadLetter("damaged in the exchange");
      return;
    }
    this.#take(part);
  }

  watermark(time: number): void {
    this.#open.watermark(time);
  }

  idle(): void {
    this.#open.idle();
  }

  end(): void {
    this.#open.flush();
  }

  status(): Record<string, unknown> {
    return this.#open.status();
  }

  waitsFor(): string | undefined {
    return this.#open.waitsFor();
  }

  #take({ start, end, pieces }: WindowPart): void {
    const cell = this.#placement.cellOf(start, end);
    if (cell === undefined) {
      this.#lateParts.value++;
      this.#context.meter.warn("late", "a part of a window came after its end: its task had been silent, and left out");
      return;
    }
    this.#open.fresh = true;
    this.#open.cells.touch(cell);
    for (const [aggregate, piece] of pieces) cell.family.states[aggregate]!.takeOver(cell.slot, piece);
  }

  #checkLayout(layout: number): void {
    if (layout === this.#layout) return;
    throw new MillraceError("ML5003", {
      step: this.#context.id,
      message: "the exchange holds parts of windows that another version of the pipeline wrote, with other aggregates",
    });
  }
}
