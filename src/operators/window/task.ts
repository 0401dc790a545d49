import { MillraceError } from "../../core/errors.ts";
import type { Counter } from "../../core/meter.ts";
import type { OperatorContext, Task } from "../../core/operator.ts";
import { AlignedPlacement } from "./aligned.ts";
import { OpenWindows } from "./open-windows.ts";
import type { WindowOutlet } from "./outlet.ts";
import { type Bounds, noTargets, type Placement, type Targets } from "./placement.ts";
import { SessionPlacement } from "./session.ts";
import type { WindowSettings } from "./settings.ts";
import { isMoment, momentText } from "./text.ts";

/** A running window step: puts records into windows. */
export class WindowTask<In> implements Task<In> {
  readonly #context: OperatorContext<unknown>;
  readonly #open: OpenWindows;
  readonly #outlet: WindowOutlet;
  readonly #placement: Placement;
  readonly #latenessMs: number;
  readonly #targets: Targets = noTargets();
  readonly #inputOf: readonly ((value: In) => unknown)[];
  readonly #inputs: unknown[] = [];
  readonly #late: Counter;

  /** `outletOf` says what becomes of the windows' content. */
  constructor(
    context: OperatorContext<unknown>,
    settings: WindowSettings,
    outletOf: (windows: OpenWindows, onMoved: () => void) => WindowOutlet,
  ) {
    const { windows, latenessMs, aggregates } = settings;
    this.#context = context;
    this.#latenessMs = latenessMs;
    this.#inputOf = aggregates.map((aggregate) => aggregate.input as (value: In) => unknown);
    const forget = () => this.#forgetTargets();
    const open = new OpenWindows(context, settings, forget);
    this.#open = open;
    this.#placement =
      windows.kind === "session"
        ? new SessionPlacement(windows, open.cells, open.schedule, latenessMs)
        : new AlignedPlacement(windows, open.cells, open.schedule, latenessMs);
    this.#outlet = outletOf(open, forget);
    open.connect(this.#placement, this.#outlet);
    this.#late = context.meter.counter("late");
  }

  record(value: In): void {
    const inputs = this.#inputs;
    try {
      for (let i = 0; i < this.#inputOf.length; i++) inputs[i] = this.#inputOf[i]!(value);
    } catch (cause) {
      this.#context.failed(cause);
      return;
    }
    const { time, key, horizon = Number.NEGATIVE_INFINITY } = this.#context.record;
    const targets = this.#targets;
    const known = time >= targets.from && time < targets.until && key === targets.key;
    if (!known || horizon > time + this.#latenessMs) this.#place(value, time, key, horizon);
    for (let t = 0; t < targets.count; t++) {
      const { family, slots, count } = targets.items[t]!;
      for (let i = 0; i < inputs.length; i++) family.states[i]!.add(inputs[i], slots, count);
    }
  }

  watermark(time: number): void {
    this.#open.watermark(time);
  }

  idle(): void {
    this.#open.idle();
  }

  end(): Promise<void> | void {
    this.#open.flush();
    return this.#outlet.emptied?.();
  }

  status(): Record<string, unknown> {
    return this.#open.status();
  }

  waitsFor(): string | undefined {
    return this.#open.waitsFor();
  }

  #place(value: In, time: number, key: unknown, horizon: number): void {
    this.#targets.count = 0;
    this.#forgetTargets();
    if (Number.isNaN(time)) throw this.#noEventTime();
    if (!isMoment(time)) {
      this.#context.failed(new RangeError(`an event time of ${momentText(time)} is on no calendar`));
      return;
    }
    this.#open.fresh = true;
    const refused = this.#placement.place(time, key, this.#targets, horizon);
    if (refused !== undefined) this.#tooLate(value, time, refused);
  }

  #tooLate(value: In, time: number, { start, end }: Bounds): void {
    this.#late.value++;
    if (!this.#context.hasSide("late")) return;
    this.#context.side("late", { value, time, window: { start, end, size: end - start } });
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
