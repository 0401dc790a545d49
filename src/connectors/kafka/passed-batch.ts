import type { Partition, Position, Slice, ValueBatch } from "../../core/records.ts";

/** A batch without records, which moves a partition's position: to where it begins, or past markers and what was aborted. */
export class PassedBatch implements ValueBatch<Slice> {
  readonly partition: Partition;
  readonly values: readonly Slice[] = [];
  readonly size = 0;
  readonly bytes = 0;
  readonly #offset: number;

  constructor(partition: Partition, offset: number) {
    this.partition = partition;
    this.#offset = offset;
  }

  resume(): Position {
    return this.#offset;
  }

  describe(): string {
    return `partition ${this.partition.name}, offset ${this.#offset}`;
  }
}
