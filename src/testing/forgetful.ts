import type { Position } from "../core/records.ts";
import type { Source, SourceReader } from "../core/source.ts";

/** Up to where each partition of each source was acknowledged, by source id and partition: a broker's memory, which outlives processes. */
export class Acknowledged {
  readonly #positions = new Map<string, number>();
  readonly #problem: (text: string) => void;

  /** `problem` is told of a source that is asked for what was acknowledged, and so may be gone. */
  constructor(problem: (text: string) => void) {
    this.#problem = problem;
  }

  /** The same source, watched. Only positions that are numbers are: of others it is not known which comes first. */
  watch<T>(id: string, source: Source<T>): Source<T> {
    return {
      traits: source.traits,
      open: async (context) => {
        for (const [key, acknowledged] of this.#positions) {
          const [step, partition] = JSON.parse(key) as [string, string];
          if (step !== id) continue;
          const asked = Number(context.resume.get(partition) ?? 0);
          if (asked < acknowledged) {
            this.#problem(
              `${id} is read again from ${asked} of "${partition}", though ${acknowledged} was acknowledged`,
            );
          }
        }
        return this.#reader(id, await source.open(context));
      },
    };
  }

  #reader<T>(id: string, reader: SourceReader<T>): SourceReader<T> {
    const acknowledge = async (positions: ReadonlyMap<string, Position>) => {
      for (const [partition, position] of positions) {
        if (typeof position === "number") this.#positions.set(JSON.stringify([id, partition]), position);
      }
      await reader.acknowledge?.(positions);
    };
    return {
      get pending() {
        return reader.pending ?? false;
      },
      read: () => reader.read(),
      acknowledge,
      close: () => reader.close(),
    };
  }
}
