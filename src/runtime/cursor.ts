import type { KeptRecord, RecordInfo } from "../core/operator.ts";
import { type Batch, copyOf, type Partition } from "../core/records.ts";

/**
 * What is known of the record at hand. One cursor serves a whole pipeline: the source moves it, steps read it, and a step
 * that emits on its own behalf moves it for as long as that takes.
 */
export class Cursor implements RecordInfo {
  time = Number.NaN;
  key: unknown = undefined;
  horizon = Number.NEGATIVE_INFINITY;
  batch: Batch | undefined = undefined;
  index = 0;
  kept: KeptRecord | undefined = undefined;

  get partition(): Partition | undefined {
    if (this.batch !== undefined) return this.batch.partition;
    const name = this.kept?.partition;
    return name === undefined ? undefined : { name };
  }

  raw(): Uint8Array | undefined {
    if (this.kept !== undefined) return this.kept.raw;
    const batch = this.batch;
    if (batch?.buffer === undefined) return undefined;
    return batch.buffer.subarray(batch.bounds[this.index * 2]!, batch.bounds[this.index * 2 + 1]!);
  }

  describe(): string {
    if (this.batch !== undefined) return this.batch.describe(this.index);
    return this.kept?.place ?? "no single record";
  }

  /** The record at hand in memory of its own. */
  keep(): KeptRecord {
    const raw = this.raw();
    return {
      time: this.time,
      key: this.key,
      partition: this.partition?.name,
      raw: raw === undefined ? undefined : copyOf(raw),
      place: this.describe(),
      horizon: this.horizon === Number.NEGATIVE_INFINITY ? undefined : this.horizon,
    };
  }

  /** Moves into a batch, fresh from its source; `index` then goes from record to record. Steps that set time or key set them back. */
  move(batch: Batch): void {
    this.batch = batch;
    this.time = Number.NaN;
    this.key = undefined;
    this.kept = undefined;
  }

  /** Leaves the last record, so that nothing later is blamed on it. */
  leave(): void {
    this.batch = undefined;
    this.kept = undefined;
    this.time = Number.NaN;
    this.key = undefined;
  }

  /** Runs `work` with another record at hand. */
  during(time: number, key: unknown, kept: KeptRecord | undefined, work: () => void): void {
    const { batch, index, kept: keptBefore, time: timeBefore, key: keyBefore, horizon } = this;
    this.batch = undefined;
    this.kept = kept;
    this.time = time;
    this.key = key;
    this.horizon = kept?.horizon ?? Number.NEGATIVE_INFINITY;
    work();
    this.batch = batch;
    this.index = index;
    this.kept = keptBefore;
    this.time = timeBefore;
    this.key = keyBefore;
    this.horizon = horizon;
  }
}
