import { MillraceError } from "../../core/errors.ts";
import type { Counter } from "../../core/meter.ts";
import type { OperatorContext, PartialResult } from "../../core/operator.ts";
import { pieceBytesMax } from "../aggregates/aggregate.ts";
import type { Cell } from "./cells.ts";
import type { OpenWindows } from "./open-windows.ts";
import type { WindowOutlet } from "./outlet.ts";
import { encodeWindowPart } from "./part-format.ts";

/** So much is handed on before timers, signals and sinks have their turn, in bytes. */
const turnBytes = 1024 * 1024;

/** How windows' content is addressed. */
export interface HandOverOptions {
  /** The layout of the step, as its parts tell it. */
  readonly layout: number;
  /** Which windows meet in a task: those with the same number. */
  readonly hashOf: (start: number, end: number) => number;
  /** Of sessions, in ms: undefined for windows whose bounds do not depend on what is in them. */
  readonly gapMs: number | undefined;
}

/**
 * Lets out what came into windows since the last time, as parts for another task. A large window leaves in pieces, as those
 * behind have room, while the sources wait; the watermark that let it out follows behind it. A checkpoint between two
 * pieces has what is still to leave, and that leaves when event time is given again.
 */
export class WindowHandOver implements WindowOutlet {
  readonly resumes = true;
  readonly #context: OperatorContext<PartialResult>;
  readonly #windows: OpenWindows;
  readonly #options: HandOverOptions;
  readonly #onMoved: () => void;
  readonly #parts: Counter;
  #queue: (Cell | (() => void))[] = [];
  #leaving: Iterator<Uint8Array> | undefined;
  busy = false;
  /** What may still leave in this turn; what leaves in several turns counts as one, which costs a pause too many. */
  #turnLeft = turnBytes;
  #whenEmpty: (() => void)[] = [];

  /** `onMoved` is called when a cell's content has left. */
  constructor(
    context: OperatorContext<PartialResult>,
    windows: OpenWindows,
    options: HandOverOptions,
    onMoved: () => void,
  ) {
    this.#context = context;
    this.#windows = windows;
    this.#options = options;
    this.#onMoved = onMoved;
    this.#parts = context.meter.counter("parts");
  }

  emit(cell: Cell): void {
    if (!cell.changed) return;
    if (cell.family.key !== undefined) throw this.#strayKey();
    this.#queue.push(cell);
    if (!this.busy) this.#work();
  }

  after(work: () => void): void {
    if (this.busy) this.#queue.push(work);
    else work();
  }

  emptied(): Promise<void> | undefined {
    return this.busy ? new Promise((resolve) => this.#whenEmpty.push(resolve)) : undefined;
  }

  /**
   * A session of other tasks is joined with one of this task that begins before its end, also one that is still open here, or may
   * yet begin: as late as the gap before event time.
   */
  upTo(time: number): number {
    const { gapMs } = this.#options;
    if (gapMs === undefined) return time;
    let upTo = time - gapMs;
    for (const { cells } of this.#windows.cells.families.values()) {
      for (const { span } of cells) if (!span.fired) upTo = Math.min(upTo, span.start);
    }
    return upTo;
  }

  /** Parts tell no key: what a `keyBy` gave one is whole behind its exchange, and never by parts. */
  #strayKey(): MillraceError {
    return new MillraceError("ML1001", {
      step: this.#context.id,
      message:
        'a step that is no keyBy gives records a key: over several partitions it must say so, with spread: { kind: "key" }',
    });
  }

  /** Hands on until nothing is left, or a turn's worth is over, or those behind are full. */
  #work(): void {
    while (this.#queue.length > 0) {
      const first = this.#queue[0]!;
      if (typeof first === "function") first();
      else if (!this.#handOver(first)) {
        this.#pause();
        return;
      }
      this.#queue.shift();
    }
    if (!this.busy) return;
    this.busy = false;
    this.#context.release();
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #pause(): void {
    if (!this.busy) this.#context.hold();
    this.busy = true;
    this.#context.whenFree(() => {
      this.#turnLeft = turnBytes;
      this.#work();
    });
  }

  /** Whether all of the cell has left. */
  #handOver(cell: Cell): boolean {
    this.#leaving ??= this.#partsOf(cell);
    while (this.#turnLeft > 0) {
      const next = this.#leaving.next();
      if (next.done) {
        this.#leaving = undefined;
        return true;
      }
      this.#parts.value++;
      this.#turnLeft -= next.value.length;
      this.#context.emit({ hash: this.#options.hashOf(cell.span.start, cell.span.end), bytes: next.value });
      if (this.#context.heldBehind) this.#turnLeft = 0;
    }
    return false;
  }

  /** What a cell has to hand over. At each yield, what was given before is no longer the cell's; what is added meanwhile comes too. */
  *#partsOf(cell: Cell): Generator<Uint8Array> {
    const { states } = cell.family;
    for (let found = cell.alive; found; ) {
      found = false;
      let pieces: [number, Uint8Array][] = [];
      let bytes = 0;
      for (const [i, state] of states.entries()) {
        for (const piece of state.handOver(cell.slot)) {
          found = true;
          pieces.push([i, piece]);
          bytes += piece.length;
          if (bytes < pieceBytesMax) continue;
          yield this.#encoded(cell, pieces);
          if (!cell.alive) return;
          pieces = [];
          bytes = 0;
        }
      }
      if (pieces.length > 0) yield this.#encoded(cell, pieces);
      if (!cell.alive) return;
    }
    if (!cell.alive) return;
    cell.changed = false;
    this.#windows.cells.rewrite(cell);
    this.#onMoved();
  }

  #encoded(cell: Cell, pieces: [number, Uint8Array][]): Uint8Array {
    const { start, end } = cell.span;
    this.#windows.cells.rewrite(cell);
    return encodeWindowPart(this.#options.layout, { start, end, pieces });
  }
}
