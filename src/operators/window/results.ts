import type { Counter } from "../../core/meter.ts";
import type { OperatorContext } from "../../core/operator.ts";
import type { Cell, WindowCells } from "./cells.ts";
import type { WindowOutlet } from "./outlet.ts";

/** Lets out each window's results, and later ones only if they are others. */
export class WindowResults implements WindowOutlet {
  readonly busy = false;
  readonly resumes = false;
  readonly #context: OperatorContext<unknown>;
  readonly #cells: WindowCells;
  readonly #names: readonly string[];
  readonly #windows: Counter;
  readonly #updates: Counter;
  #result: unknown;
  readonly #emitResult = () => this.#context.emit(this.#result);

  /** `names`: under which the aggregates' results come out. */
  constructor(context: OperatorContext<unknown>, cells: WindowCells, names: readonly string[]) {
    this.#context = context;
    this.#cells = cells;
    this.#names = names;
    this.#windows = context.meter.counter("windows");
    this.#updates = context.meter.counter("updates");
  }

  emit(cell: Cell, keep: boolean): void {
    if (!cell.changed) return;
    cell.changed = false;
    const { family, slot, span } = cell;
    const { start, end } = span;
    const results = family.states.map((state) => state.result(slot));
    const update = cell.emitted !== undefined;
    if (update || keep) {
      this.#cells.rewrite(cell);
      const text = JSON.stringify([start, end, ...results]);
      if (text === cell.emitted) return;
      cell.emitted = text;
    }
    (update ? this.#updates : this.#windows).value++;
    const result: Record<string, unknown> = { key: family.key, window: { start, end, size: end - start, update } };
    for (let i = 0; i < results.length; i++) result[this.#names[i]!] = results[i];
    this.#result = result;
    this.#context.without(end - 1, family.key, this.#emitResult);
  }

  after(work: () => void): void {
    work();
  }
}
