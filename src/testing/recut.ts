import type { Random } from "../core/random.ts";
import type { Batch, Position } from "../core/records.ts";
import type { Source, SourceProgress, SourceReader } from "../core/source.ts";

/** Records `from` to `to` of a batch, as a batch. */
export function cutOut<T>(batch: Batch<T>, from: number, to: number): Batch<T> {
  const base = {
    partition: batch.partition,
    size: to - from,
    bytes: from === 0 ? batch.bytes : 0,
    resume: (index: number) => batch.resume(from + index),
    describe: (index: number) => batch.describe(from + index),
  };
  if (batch.buffer === undefined) return { ...base, values: batch.values.slice(from, to) };
  const refused = batch.refused
    ?.filter(({ index }) => index >= from && index < to)
    .map(({ index, reason }) => ({ index: index - from, reason }));
  return { ...base, buffer: batch.buffer, bounds: batch.bounds.slice(2 * from, 2 * to), refused };
}

/** The same source, its batches cut into smaller ones by chance. */
export function recut<T>(source: Source<T>, random: Random): Source<T> {
  return { traits: source.traits, open: async (context) => new Recut(await source.open(context), random) };
}

class Recut<T> implements SourceReader<T> {
  readonly #inner: SourceReader<T>;
  readonly #random: Random;
  #batch: Batch<T> | undefined;
  #from = 0;

  constructor(inner: SourceReader<T>, random: Random) {
    this.#inner = inner;
    this.#random = random;
  }

  get pending(): boolean {
    return this.#batch !== undefined || (this.#inner.pending ?? false);
  }

  async read(): Promise<Batch<T> | "end"> {
    const batch = this.#batch ?? (await this.#inner.read());
    if (batch === "end") return "end";
    const from = this.#from;
    const to = Math.min(batch.size, from + 1 + this.#random.below(batch.size));
    this.#batch = to < batch.size ? batch : undefined;
    this.#from = to < batch.size ? to : 0;
    return cutOut(batch, from, to);
  }

  async acknowledge(positions: ReadonlyMap<string, Position>): Promise<void> {
    await this.#inner.acknowledge?.(positions);
  }

  progress(): SourceProgress {
    return this.#inner.progress?.() ?? { doneBytes: 0, totalBytes: undefined };
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
