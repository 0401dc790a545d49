/** No key, no value: what stands in {@link RecordColumns} for the bounds of a null. */
export const absent = -1;

/**
 * Records of one buffer, field by field: what {@link RecordBatches} fills, used again and again, so that a record costs no
 * object. Value `i` lies from `bounds[2 * i]` to `bounds[2 * i + 1]`, its key the same way in `keys`.
 */
export class RecordColumns {
  buffer: Buffer = Buffer.alloc(0);
  size = 0;
  /** Of the values; a null value has two equal bounds and its index is in `nulls`. */
  readonly bounds: Int32Array;
  /** Of the keys; a null key has {@link absent} twice. */
  readonly keys: Int32Array;
  /** Where each record's headers begin, at their count. */
  readonly headers: Int32Array;
  readonly offsets: Float64Array;
  /** Milliseconds since the epoch, as the producer or, if the topic says so, the broker gave them. */
  readonly timestamps: Float64Array;
  /** Indexes of records whose value is null, ascending. */
  readonly nulls: number[] = [];
  /** Where to read on after these records: past everything that was left out behind them. */
  nextOffset = 0;

  constructor(recordsMax: number) {
    this.bounds = new Int32Array(2 * recordsMax);
    this.keys = new Int32Array(2 * recordsMax);
    this.headers = new Int32Array(recordsMax);
    this.offsets = new Float64Array(recordsMax);
    this.timestamps = new Float64Array(recordsMax);
  }

  get full(): boolean {
    return this.size === this.offsets.length;
  }

  clear(): void {
    this.size = 0;
    this.nulls.length = 0;
  }
}
