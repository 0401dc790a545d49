import type { Clock } from "../core/clock.ts";
import type { Meter } from "../core/meter.ts";
import type { OnError, Operator, OperatorContext, Task } from "../core/operator.ts";
import type { Random } from "../core/random.ts";
import { type KeyedStore, keyedStore, type StoreOptions } from "../state/keyed-store.ts";
import type { StoreKey } from "../state/store-key.ts";
import { Timers } from "../time/timers.ts";

/** A value kept for each key; the functions work on the key of the record or timer at hand. */
export interface KeyedValue<V> {
  /** What is kept for the key; undefined when nothing is. Change it with `set`: a change made inside the value is not seen. */
  get(): V | undefined;
  set(value: V): void;
  delete(): void;
}

/** What a processor works with. Everything in it concerns the key of the record or timer at hand. */
export interface ProcessContext<Out, K> {
  readonly key: K;
  /** Event time of the record, or the time the timer was set for; NaN without an event-time step before. */
  readonly time: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: Meter;
  emit(value: Out): void;
  side(port: string, value: unknown): void;
  /** State by key, under a name unique in the step. Call it in `open` only. */
  state<V>(name: string): KeyedValue<V>;
  /**
   * State by keys that the processor itself chooses, whatever the key of the record at hand, for rules that look at several at a
   * time; its name must be unique in the step. Call it in `open` only. It sees all records of the stream that come to this task.
   */
  store<V, StoredBy extends StoreKey = StoreKey>(name: string, options?: StoreOptions<V>): KeyedStore<V, StoredBy>;
  /**
   * Calls `timer(name)` for this key once event time has passed `timeMs`; right after the record if it has already. Set again
   * under the same name, it moves.
   */
  setTimer(name: string, timeMs: number): void;
  cancelTimer(name: string): void;
}

/** A running processor. What its functions throw is handled by the processor's `onError`. */
export interface ProcessTask<In> {
  record(value: In): void;
  timer?(name: string): void;
  /** The input has ended. There is no key here; timers that are still set do not fire. */
  end?(): void;
}

/** A rule with state and timers, by key. A description until `open`. */
export interface Processor<in In, out Out, in K = unknown> {
  /** For people: `"follower graph"`. */
  readonly kind: string;
  /** Change it when the meaning of the stored state changes: state of another version is refused, not misread. */
  readonly version: string;
  readonly sides?: readonly string[] | undefined;
  readonly onError?: OnError | undefined;
  open(context: ProcessContext<Out, K>): ProcessTask<In>;
}

/** Runs a processor: a rule that keeps state and sets event-time timers for each key. Both survive a crash. Without `keyBy` before it there is one key, for everything. */
export function process<In, Out, K>(processor: Processor<In, Out, K>): Operator<In, Out> {
  return {
    kind: processor.kind,
    stateVersion: `process/1 ${processor.version}`,
    sides: processor.sides,
    onError: processor.onError,
    open: (context) => new RunningProcess(processor, context),
  };
}

/** What stands for the key in the state where there is none. */
const onlyKey = "";

class RunningProcess<In, Out, K> implements Task<In>, ProcessContext<Out, K> {
  readonly clock: Clock;
  readonly random: Random;
  readonly meter: Meter;
  readonly #context: OperatorContext<Out>;
  readonly #timers: Timers;
  readonly #task: ProcessTask<In>;
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(processor: Processor<In, Out, K>, context: OperatorContext<Out>) {
    this.#context = context;
    this.clock = context.clock;
    this.random = context.random;
    this.meter = context.meter;
    this.#timers = context.state("timers", new Timers());
    this.#task = processor.open(this);
  }

  get key(): K {
    return this.#context.record.key as K;
  }

  get time(): number {
    return this.#context.record.time;
  }

  emit(value: Out): void {
    this.#context.emit(value);
  }

  side(port: string, value: unknown): void {
    this.#context.side(port, value);
  }

  state<V>(name: string): KeyedValue<V> {
    const store = this.#context.state(`state ${name}`, keyedStore<V>());
    const key = () => (this.#context.record.key ?? onlyKey) as StoreKey;
    return {
      get: () => store.get(key()),
      set: (value) => store.set(key(), value),
      delete: () => {
        store.delete(key());
      },
    };
  }

  store<V, StoredBy extends StoreKey>(name: string, options?: StoreOptions<V>): KeyedStore<V, StoredBy> {
    return this.#context.state(`store ${name}`, keyedStore<V, StoredBy>(options));
  }

  setTimer(name: string, timeMs: number): void {
    this.#timers.set(this.#context.record.key, name, timeMs);
  }

  cancelTimer(name: string): void {
    this.#timers.cancel(this.#context.record.key, name);
  }

  record(value: In): void {
    this.#guarded(() => this.#task.record(value));
    if (this.#timers.next <= this.#watermark) this.#fire();
  }

  watermark(time: number): void {
    this.#watermark = time;
    if (this.#timers.next <= time) this.#fire();
    this.#context.watermark(time);
  }

  end(): void {
    this.#guarded(() => this.#task.end?.());
  }

  status(): Record<string, unknown> {
    return { timers: this.#timers.size };
  }

  /** No timer that is due outlives the call that made it so: a run that goes on would fire it at another place than one that was not disturbed. */
  #fire(): void {
    for (const timer of this.#timers.due(this.#watermark)) {
      this.#context.without(timer.time, timer.key, () => this.#guarded(() => this.#task.timer?.(timer.name)));
    }
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#context.failed(thrown);
    }
  }
}
