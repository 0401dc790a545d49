import type { ByteBatch, Partition, Position } from "../../core/records.ts";
import type { RecordColumns } from "./record-columns.ts";

const nullValue = "null value";

/** Records of one partition as a batch for the engine; their bytes and columns are used again after the next read. */
export class KafkaBatch implements ByteBatch {
  readonly partition: Partition;
  readonly buffer: Buffer;
  readonly bounds: Int32Array;
  readonly size: number;
  readonly bytes: number;
  readonly refused: ByteBatch["refused"];
  readonly #columns: RecordColumns;

  constructor(partition: Partition, columns: RecordColumns) {
    const { buffer, bounds, size, nulls } = columns;
    this.partition = partition;
    this.buffer = buffer;
    this.bounds = bounds;
    this.size = size;
    this.bytes = bounds[2 * size - 1]! - bounds[0]!;
    if (nulls.length > 0) this.refused = nulls.map((index) => ({ index, reason: nullValue }));
    this.#columns = columns;
  }

  resume(index: number): Position {
    return index >= this.size ? this.#columns.nextOffset : this.#columns.offsets[index]!;
  }

  describe(index: number): string {
    return `partition ${this.partition.name}, offset ${this.#columns.offsets[index]}`;
  }
}
