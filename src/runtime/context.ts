import type { Clock, Timer } from "../core/clock.ts";
import { MillraceError, reasonOf } from "../core/errors.ts";
import type { Meter } from "../core/meter.ts";
import type { KeptRecord, OnError, OperatorContext, RecordInfo } from "../core/operator.ts";
import type { Random } from "../core/random.ts";
import type { Stateful } from "../core/state.ts";
import { blamed, isBlamed, marked } from "./blame.ts";
import type { Cursor } from "./cursor.ts";
import type { Environment } from "./environment.ts";
import type { Receiver } from "./receiver.ts";

/** What a step is given to build its context from. */
export interface ContextOptions {
  readonly id: string;
  /** Its place in the plan, where each step comes after those it reads from. */
  readonly place: number;
  readonly onError: OnError;
  readonly live: boolean;
  readonly main: Receiver;
  readonly sides: ReadonlyMap<string, Receiver>;
  readonly environment: Environment;
}

/** The context of one running operator step. */
export class StepContext implements OperatorContext<unknown> {
  readonly id: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: Meter;
  readonly live: boolean;
  readonly checkpointed: boolean;
  readonly record: RecordInfo;
  readonly stores = new Map<string, Stateful>();
  /** Records handed on so far. */
  out = 0;
  readonly emit: (value: unknown) => void;
  /** Hands on without counting. */
  readonly forward: (value: unknown) => void;
  readonly #cursor: Cursor;
  readonly #environment: Environment;
  readonly #main: Receiver;
  readonly #sides: ReadonlyMap<string, Receiver>;
  readonly #onError: OnError;
  readonly #timers = new Set<Timer>();
  #watermark = Number.NEGATIVE_INFINITY;
  #sealed = false;
  #closed = false;
  readonly #place: number;

  constructor(options: ContextOptions) {
    const { environment, main } = options;
    this.id = options.id;
    this.#place = options.place;
    this.live = options.live;
    this.checkpointed = environment.checkpointed;
    this.clock = environment.clock;
    this.random = environment.random;
    this.meter = environment.meterOf(options.id);
    this.record = environment.cursor;
    this.#cursor = environment.cursor;
    this.#environment = environment;
    this.#main = main;
    this.#sides = options.sides;
    this.#onError = options.onError;
    const forward = main.record;
    this.forward = forward;
    this.emit = (value) => {
      this.out += 1;
      forward(value);
    };
  }

  get waitedMs(): number {
    return this.#environment.waitedMs();
  }

  emitAt(time: number, value: unknown): void {
    const before = this.#cursor.time;
    this.#cursor.time = time;
    this.emit(value);
    this.#cursor.time = before;
  }

  emitKeyed(key: unknown, value: unknown, time = this.#cursor.time, horizon = this.#cursor.horizon): void {
    const cursor = this.#cursor;
    const { key: keyBefore, time: timeBefore, horizon: horizonBefore } = cursor;
    cursor.key = key;
    cursor.time = time;
    cursor.horizon = horizon;
    this.emit(value);
    cursor.key = keyBefore;
    cursor.time = timeBefore;
    cursor.horizon = horizonBefore;
  }

  side(port: string, value: unknown): void {
    this.#sides.get(port)?.record(value);
  }

  hasSide(port: string): boolean {
    return this.#sides.has(port);
  }

  keep(): KeptRecord {
    return this.#cursor.keep();
  }

  as(kept: KeptRecord, work: () => void): void {
    this.#cursor.during(kept.time, kept.key, kept, work);
  }

  without(time: number, key: unknown, work: () => void): void {
    this.#cursor.during(time, key, undefined, work);
  }

  watermark(time: number): void {
    if (time <= this.#watermark) return;
    this.#watermark = time;
    this.#main.watermark(time);
    for (const side of this.#sides.values()) side.watermark(time);
  }

  idle(): void {
    this.#main.idle();
    for (const side of this.#sides.values()) side.idle();
  }

  deadLetter(reason: string, detail?: string): void {
    this.#environment.refuse(this.id, reason, detail);
  }

  failed(cause: unknown): void {
    if (isBlamed(cause)) throw cause;
    if (this.#onError === "fail") {
      const position = this.#cursor.describe();
      throw marked(new MillraceError("ML2001", { message: reasonOf(cause), step: this.id, position, cause }));
    }
    if (this.#onError === "deadLetter") this.deadLetter("function threw", reasonOf(cause));
    else this.meter.counter("skipped").value += 1;
  }

  state<S extends Stateful>(name: string, store: S): S {
    if (this.#sealed)
      throw new MillraceError("ML1001", { message: "state is registered in open() only", step: this.id });
    if (this.stores.has(name)) {
      throw new MillraceError("ML1001", { message: `two states of the step are called "${name}"`, step: this.id });
    }
    this.stores.set(name, store);
    return store;
  }

  /** From now on no state may be registered. */
  seal(): void {
    this.#sealed = true;
  }

  timer(delayMs: number, callback: () => void): Timer {
    const inner = this.clock.timer(delayMs, () => {
      this.#timers.delete(timer);
      this.enter(callback);
    });
    const timer: Timer = {
      cancel: () => {
        this.#timers.delete(timer);
        inner.cancel();
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  /** Nothing that was set to run later does any more, nor what comes back from outside. */
  close(): void {
    this.#closed = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }

  enter(work: () => void): void {
    if (this.#closed) return;
    try {
      this.#cursor.during(Number.NaN, undefined, undefined, work);
      this.#environment.letOut();
    } catch (thrown) {
      this.#environment.fail(blamed(thrown, this.id, undefined));
    }
  }

  hold(): void {
    this.#environment.gate.hold(this.#place);
  }

  release(): void {
    this.#environment.gate.release(this.#place);
  }

  get heldMs(): number {
    return this.#environment.gate.heldMs;
  }

  get heldBehind(): boolean {
    return this.#environment.gate.heldBehind(this.#place);
  }

  whenFree(work: () => void): void {
    this.timer(0, () => {
      if (this.heldBehind) this.#environment.gate.onRelease(() => this.whenFree(work));
      else work();
    });
  }
}
