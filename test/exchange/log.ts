import type { Batch, ByteBatch, Position, ValueBatch } from "../../src/core/records.ts";
import type { Source, SourceContext, SourceReader } from "../../src/core/source.ts";

/** A partition in memory: records in order, that readers wait for. */
export class Log<T> {
  readonly name: string;
  readonly records: T[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(name: string, records: readonly T[] = []) {
    this.name = name;
    this.records.push(...records);
  }

  append(records: readonly T[]): void {
    this.records.push(...records);
    this.wake();
  }

  /** Lets those who wait look again. */
  wake(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when `ready`, which is asked whenever anything may have changed. */
  until(ready: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!ready()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** How much of a log its reader may take, and whether what it has read is all there will be. */
export interface Grant {
  records: number;
  /** The place at which the input ends; infinite as long as it does not. */
  end: number;
}

/** Reads a log as far as it is granted: bytes as bytes of one buffer, which are overwritten when they are no longer lent. */
export function logSource<T>(log: Log<T>, grant: Grant): Source<T> {
  return {
    traits: { name: `log ${log.name}`, replayable: true, live: true },
    open: async (context) => new LogReader(log, grant, context),
  };
}

class LogReader<T> implements SourceReader<T> {
  readonly #log: Log<T>;
  readonly #grant: Grant;
  readonly #signal: AbortSignal;
  #next: number;
  #lent: Buffer | undefined;

  constructor(log: Log<T>, grant: Grant, context: SourceContext) {
    this.#log = log;
    this.#grant = grant;
    this.#signal = context.signal;
    this.#next = Number(context.resume.get(log.name) ?? 0);
    context.signal.addEventListener("abort", () => log.wake(), { once: true });
  }

  async read(): Promise<Batch<T> | "end"> {
    this.#lent?.fill(0xff);
    this.#lent = undefined;
    const { records } = this.#log;
    await this.#log.until(() => {
      if (this.#signal.aborted || this.#next >= this.#grant.end) return true;
      return this.#grant.records > 0 && this.#next < records.length;
    });
    if (this.#signal.aborted || this.#next >= this.#grant.end) return "end";
    const values = records.slice(this.#next, this.#next + this.#grant.records);
    this.#grant.records -= values.length;
    return this.#batch(values);
  }

  async close(): Promise<void> {}

  #batch(values: readonly T[]): Batch<T> {
    const first = this.#next;
    this.#next += values.length;
    const base = {
      partition: this.#log,
      size: values.length,
      bytes: 0,
      resume: (index: number): Position => first + index,
      describe: (index: number) => `${this.#log.name}, place ${first + index}`,
    };
    if (!(values[0] instanceof Uint8Array)) return { ...base, values } satisfies ValueBatch<T>;
    const pieces = values as readonly Uint8Array[];
    const bounds = new Int32Array(2 * pieces.length);
    let at = 0;
    for (const [i, piece] of pieces.entries()) {
      bounds[2 * i] = at;
      bounds[2 * i + 1] = at += piece.length;
    }
    this.#lent = Buffer.concat(pieces);
    return { ...base, buffer: this.#lent, bounds } satisfies ByteBatch;
  }
}
