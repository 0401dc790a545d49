import type { Operator, OperatorContext, Task } from "../../src/core/operator.ts";
import type { Stateful } from "../../src/core/state.ts";

/** What an operator let out, in order: values with their time and key, side outputs, watermarks, silence. */
export type Output =
  | { readonly out: unknown; readonly time: number; readonly key: unknown }
  | { readonly side: string; readonly value: unknown }
  | { readonly watermark: number }
  | { readonly idle: true };

interface Compaction {
  readonly entries: Iterator<readonly [string, Uint8Array]>;
  readonly log: Map<string, Uint8Array>;
  done: boolean;
}

/** Runs one operator with state by hand: records, watermarks, checkpoints, crashes. */
export class OperatorBench<In> {
  log: Output[] = [];
  counters = new Map<string, { value: number }>();
  readonly failures: unknown[] = [];
  /** What the last checkpoint holds. */
  stored = new Map<string, Uint8Array>();
  /** What the last checkpoint wrote, a deletion as undefined. */
  written = new Map<string, number | undefined>();
  task: Task<In>;
  readonly #operator: Operator<In, unknown>;
  #store: Stateful | undefined;
  #at: { time: number; key: unknown } = { time: Number.NaN, key: undefined };
  #compaction: Compaction | undefined;
  #checkpointed = 0;

  constructor(operator: Operator<In, unknown>) {
    this.#operator = operator;
    this.task = operator.open(this.#context());
    this.#store?.restored?.();
  }

  get out(): unknown[] {
    return this.log.flatMap((event) => ("out" in event ? [event.out] : []));
  }

  get sides(): unknown[] {
    return this.log.flatMap((event) => ("side" in event ? [event.value] : []));
  }

  count(name: string): number {
    return this.counters.get(name)?.value ?? 0;
  }

  record(value: In, time: number, key?: unknown): void {
    this.#at = { time, key };
    this.task.record(value);
    this.#compactSome(1);
  }

  watermark(time: number): void {
    this.#at = { time: Number.NaN, key: undefined };
    this.task.watermark!(time);
  }

  checkpoint(): void {
    this.written = new Map();
    this.#store!.collect({
      put: (key, value) => {
        this.written.set(key, value.length);
        for (const log of this.#logs()) log.set(key, Uint8Array.from(value));
      },
      delete: (key) => {
        this.written.set(key, undefined);
        for (const log of this.#logs()) log.delete(key);
      },
    });
    if (this.#compaction?.done) this.stored = this.#compaction.log;
    if (this.#compaction?.done) this.#compaction = undefined;
    this.#checkpointed = this.log.length;
  }

  /** Begins to write the log afresh, a few entries with each record, as the engine does when it has grown long. */
  compact(): void {
    this.#compaction ??= { entries: this.#store!.entries()[Symbol.iterator](), log: new Map(), done: false };
    this.#compactSome(1);
  }

  /** The process dies; the output is cut to the last checkpoint, and another process goes on from there. */
  crash(): void {
    this.log.length = this.#checkpointed;
    this.#compaction = undefined;
    this.counters = new Map();
    this.task = this.#operator.open(this.#context());
    for (const [key, value] of this.stored) {
      const lent = Uint8Array.from(value);
      this.#store!.apply(key, lent);
      lent.fill(255);
    }
    this.#store!.restored?.();
  }

  #logs(): Map<string, Uint8Array>[] {
    return this.#compaction === undefined ? [this.stored] : [this.stored, this.#compaction.log];
  }

  #compactSome(entries: number): void {
    const compaction = this.#compaction;
    for (let i = 0; i < entries && compaction !== undefined && !compaction.done; i++) {
      const next = compaction.entries.next();
      if (next.done) compaction.done = true;
      else compaction.log.set(next.value[0], Uint8Array.from(next.value[1]));
    }
  }

  #context(): OperatorContext<unknown> {
    const bench = this;
    const used: Partial<OperatorContext<unknown>> = {
      id: "windows",
      get record() {
        return { ...bench.#at, partition: undefined, raw: () => undefined, describe: () => "a record" };
      },
      meter: {
        counter: (name) => {
          if (!this.counters.has(name)) this.counters.set(name, { value: 0 });
          return this.counters.get(name)!;
        },
        gauge: () => {},
        warn: () => {},
      },
      emit: (out) => this.log.push({ out, ...this.#at }),
      side: (side, value) => this.log.push({ side, value }),
      hasSide: () => true,
      without: (time, key, work) => {
        const before = this.#at;
        this.#at = { time, key };
        work();
        this.#at = before;
      },
      watermark: (watermark) => this.log.push({ watermark }),
      idle: () => this.log.push({ idle: true }),
      failed: (cause) => this.failures.push(cause),
      state: (_, store) => {
        this.#store = store;
        return store;
      },
    };
    return used as OperatorContext<unknown>;
  }
}
