import { MillraceError } from "../core/errors.ts";
import type { Delivery, Sink, SinkContext, SinkWriter } from "../core/sink.ts";

/** A sink that keeps what it gets. `values` outlives the runs that write to it, as a file does. */
export interface MemorySink<T> extends Sink<T> {
  readonly values: readonly T[];
  /** The most values that ever came without a `drain` in between, once there is a `pendingRecordsMax`. */
  readonly pendingRecordsPeak: number;
}

/** How a {@link memorySink} takes values. */
export interface MemorySinkOptions {
  /** For people; `"memory"` unless told. */
  readonly name?: string | undefined;
  /** `"at-least-once"`: what came after the checkpoint stays when a run goes on, and comes again. `"exactly-once"` unless told. */
  readonly delivery?: Delivery | undefined;
  /** After so many values it is full until `drain` is called; never unless told. */
  readonly pendingRecordsMax?: number | undefined;
}

/** Keeps values in memory. Exactly-once unless told: a run that goes on takes back what was written after its checkpoint. */
export function memorySink<T>(options: MemorySinkOptions = {}): MemorySink<T> {
  const { name = "memory", delivery = "exactly-once", pendingRecordsMax = Number.POSITIVE_INFINITY } = options;
  const values: T[] = [];
  const peak = { records: 0 };
  return {
    values,
    get pendingRecordsPeak() {
      return peak.records;
    },
    traits: { name, delivery },
    open: async (context: SinkContext) => {
      const length = Number(context.resume ?? 0);
      if (delivery === "exactly-once") {
        if (values.length < length) {
          throw new MillraceError("ML4002", {
            message: `${name} holds ${values.length} values, not the ${length} there were`,
          });
        }
        values.length = length;
      }
      return new MemoryWriter(values, pendingRecordsMax, peak);
    },
  };
}

class MemoryWriter<T> implements SinkWriter<T> {
  readonly #values: T[];
  readonly #pendingMax: number;
  readonly #peak: { records: number };
  #pending = 0;

  constructor(values: T[], pendingMax: number, peak: { records: number }) {
    this.#values = values;
    this.#pendingMax = pendingMax;
    this.#peak = peak;
  }

  get full(): boolean {
    return this.#pending >= this.#pendingMax;
  }

  write(value: T): void {
    this.#values.push(value);
    if (this.#pendingMax === Number.POSITIVE_INFINITY) return;
    this.#pending += 1;
    this.#peak.records = Math.max(this.#peak.records, this.#pending);
  }

  async drain(): Promise<void> {
    this.#pending = 0;
  }

  flush(): void {}

  async prepare(): Promise<number> {
    return this.#values.length;
  }

  async close(): Promise<void> {}
}
