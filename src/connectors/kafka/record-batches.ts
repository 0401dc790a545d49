import { AbortedRanges, type AbortedTransaction } from "./aborted-ranges.ts";
import { batchAttribute, batchField, batchMagic, batchOverheadBytes, readInt64 } from "./batch-header.ts";
import { checksumOf } from "./checksum.ts";
import { type Compression, compressions, unpack } from "./compression.ts";
import { MalformedBatch } from "./malformed-batch.ts";
import { absent, type RecordColumns } from "./record-columns.ts";
import type { UnpackedMemory } from "./unpacked-memory.ts";
import { VarintReader } from "./varint.ts";

/** The records of one partition as a fetch returned them: whole batches one after another, the last perhaps cut off. */
export interface FetchedBytes {
  readonly bytes: Buffer;
  /** The offset that was asked for; a batch may begin before. */
  readonly fromOffset: number;
  /** Given when only committed records are wanted. */
  readonly aborted?: readonly AbortedTransaction[] | undefined;
}

/** How much the records of one batch may unpack to. */
const unpackedBytesMax = 256 * 1024 * 1024;
/** What text like JSON comes to; and how much more the next batch may grow than the last. */
const growthAtFirst = 4;
const growthMargin = 1.1;
const abortMarker = 0;

/**
 * Walks over record batches and gives their records as places in the fetched bytes, in order: what was produced in aborted
 * transactions, control records, and what lies before the wanted offset left out. Checksums are checked before records are
 * given; packed batches are unpacked one at a time. All methods throw {@link MalformedBatch}.
 */
export class RecordBatches {
  readonly #bytes: Buffer;
  readonly #aborted: AbortedRanges | undefined;
  readonly #reader = new VarintReader();
  readonly #memory: UnpackedMemory | undefined;
  /** How many times as long the last packed batch became. */
  #growth = growthAtFirst;
  /** Where the next batch begins. */
  #at = 0;
  /** Where batches begin that were opened and whose checksums are still to be checked. */
  #unchecked: number[] = [];
  /** Records below are not wanted. */
  #wanted: number;
  /** Records not yet given of the batch at hand, which lie in the reader's bytes. */
  #left = 0;
  #records: Buffer = Buffer.alloc(0);
  #baseOffset = 0;
  #lastOffset = 0;
  #baseTimestamp = 0;
  /** The time of all records of the batch, when the broker gave it. */
  #appendTimestamp: number | undefined;

  /** @param memory where unpacked records are to lie: they stay there until the next `next`. Without it each batch has memory of its own. */
  constructor(fetched: FetchedBytes, memory?: UnpackedMemory) {
    this.#memory = memory;
    this.#bytes = fetched.bytes;
    this.#wanted = fetched.fromOffset;
    if (fetched.aborted !== undefined) this.#aborted = new AbortedRanges(fetched.aborted);
  }

  /** The offset after all that was given or left out. */
  get nextOffset(): number {
    return this.#wanted;
  }

  /** Whether nothing more will be given; after a `next`. */
  get ended(): boolean {
    return this.#left === 0;
  }

  /**
   * Fills `columns` with the next records that lie in one buffer, as many as fit; false when there is nothing more. When
   * only records that are left out remain, they are passed and `columns` is empty.
   *
   * `found` is called when `columns` has records of which it is not yet known whether they are sound: somebody may look at
   * them while their checksums are computed.
   */
  next(columns: RecordColumns, found?: () => void): boolean {
    const before = this.#wanted;
    columns.clear();
    try {
      this.#collect(columns);
      if (columns.size > 0) found?.();
    } finally {
      // What is damaged may well have thrown for another reason first.
      this.#check();
    }
    return columns.size > 0 || this.#wanted > before;
  }

  #collect(columns: RecordColumns): void {
    while (!columns.full) {
      if (this.#left === 0 && !this.#open()) break;
      if (this.#left === 0) continue;
      if (columns.size > 0 && columns.buffer !== this.#records) break;
      columns.buffer = this.#records;
      this.#fill(columns);
    }
    // What is left out behind the last record counts as passed with it, so that a position need not stop before a marker.
    if (columns.size > 0) while (this.#left === 0 && this.#open());
    columns.nextOffset = this.#wanted;
  }

  #check(): void {
    const unchecked = this.#unchecked;
    this.#unchecked = [];
    for (const at of unchecked) this.#checkBatch(at);
  }

  #checkBatch(at: number): void {
    const field = batchField;
    const bytes = this.#bytes;
    const end = at + batchOverheadBytes + bytes.readInt32BE(at + field.length);
    if (checksumOf(bytes.subarray(at + field.attributes, end)) !== bytes.readUInt32BE(at + field.crc)) {
      throw new MalformedBatch(`the checksum of the batch at offset ${readInt64(bytes, at)} is wrong`);
    }
  }

  /** Goes to the next batch that lies there whole; false at the end. What is left out has no records left afterwards. */
  #open(): boolean {
    const field = batchField;
    const bytes = this.#bytes;
    const at = this.#at;
    if (bytes.length - at < field.records) return false;
    const length = bytes.readInt32BE(at + field.length);
    const end = at + batchOverheadBytes + length;
    if (length < field.records - batchOverheadBytes)
      throw new MalformedBatch(`a batch of ${length} bytes is too short`);
    if (end > bytes.length) return false;
    if (bytes[at + field.magic] !== batchMagic) {
      throw new MalformedBatch(`a batch has format ${bytes[at + field.magic]}; only ${batchMagic} is read`);
    }
    this.#unchecked.push(at);
    this.#at = end;
    this.#baseOffset = readInt64(bytes, at);
    this.#lastOffset = this.#baseOffset + bytes.readInt32BE(at + field.lastOffsetDelta);
    this.#enter(at, end, bytes.readInt16BE(at + field.attributes));
    if (this.#left === 0) this.#wanted = Math.max(this.#wanted, this.#lastOffset + 1);
    return true;
  }

  #enter(at: number, end: number, attributes: number): void {
    if (this.#lastOffset < this.#wanted || this.#isLeftOut(at, end, attributes)) return;
    const bytes = this.#bytes;
    const compression = compressions[attributes & batchAttribute.compression];
    if (compression === undefined) throw new MalformedBatch(`a batch has the unknown compression ${attributes & 7}`);
    const count = bytes.readInt32BE(at + batchField.recordCount);
    if (count < 0) throw new MalformedBatch("a batch has a negative number of records");
    // Of a batch without records nothing is unpacked: what is given out lies where the second one would.
    if (count === 0) return;
    const reader = this.#reader;
    const isPacked = compression !== "none";
    const first = at + batchField.records;
    if (isPacked) this.#check();
    this.#records = isPacked ? this.#unpacked(compression, bytes.subarray(first, end)) : bytes;
    reader.bytes = this.#records;
    reader.at = isPacked ? 0 : first;
    reader.end = isPacked ? this.#records.length : end;
    this.#left = count;
    this.#baseTimestamp = readInt64(bytes, at + batchField.baseTimestamp);
    const isAppendTime = (attributes & batchAttribute.logAppendTime) !== 0;
    this.#appendTimestamp = isAppendTime ? readInt64(bytes, at + batchField.maxTimestamp) : undefined;
  }

  #unpacked(compression: Compression, packed: Buffer): Buffer {
    const records = unpack(compression, packed, unpackedBytesMax, growthMargin * this.#growth * packed.length);
    this.#growth = records.length / Math.max(1, packed.length);
    return this.#memory?.move(records) ?? records;
  }

  #isLeftOut(at: number, end: number, attributes: number): boolean {
    const isControl = (attributes & batchAttribute.control) !== 0;
    if (this.#aborted === undefined || (attributes & batchAttribute.transactional) === 0) return isControl;
    const producerId = this.#bytes.readBigInt64BE(at + batchField.producerId);
    if (!isControl) return this.#aborted.covers(producerId, this.#lastOffset);
    if (this.#markerType(at, end) === abortMarker) this.#aborted.ended(producerId, this.#lastOffset);
    return true;
  }

  /** The type in a control record's key: a version and a type, 16 bits each. */
  #markerType(at: number, end: number): number {
    const reader = this.#reader;
    reader.bytes = this.#bytes;
    reader.at = at + batchField.records;
    reader.end = end;
    return this.#guarded(() => {
      reader.skip();
      reader.pass(1);
      reader.skip();
      reader.skip();
      const length = reader.next();
      if (length < 4) throw new RangeError("a control record has no type");
      const key = reader.at;
      reader.pass(length);
      return this.#bytes.readInt16BE(key + 2);
    });
  }

  #fill(columns: RecordColumns): void {
    this.#guarded(() => {
      while (this.#left > 0 && !columns.full) {
        this.#left--;
        this.#read(columns);
      }
    });
    if (this.#left === 0) this.#wanted = Math.max(this.#wanted, this.#lastOffset + 1);
  }

  /** One record: length, attributes, time, offset, key, value, headers. */
  #read(columns: RecordColumns): void {
    const reader = this.#reader;
    const length = reader.next();
    const end = reader.at + length;
    if (length < 0 || end > reader.end) throw new RangeError("a record is longer than its batch");
    reader.pass(1);
    const timestamp = this.#baseTimestamp + reader.nextLong();
    const offset = this.#baseOffset + reader.next();
    const index = columns.size;
    const place = 2 * index;
    const keyBytes = reader.next();
    columns.keys[place] = keyBytes < 0 ? absent : reader.at;
    if (keyBytes > 0) reader.pass(keyBytes);
    columns.keys[place + 1] = keyBytes < 0 ? absent : reader.at;
    const valueBytes = reader.next();
    columns.bounds[place] = reader.at;
    if (valueBytes > 0) reader.pass(valueBytes);
    columns.bounds[place + 1] = reader.at;
    if (reader.at >= end) throw new RangeError("a record ends in its value");
    columns.headers[index] = reader.at;
    reader.at = end;
    if (offset < this.#wanted) return;
    columns.offsets[index] = offset;
    columns.timestamps[index] = this.#appendTimestamp ?? timestamp;
    if (valueBytes < 0) columns.nulls.push(index);
    columns.size = index + 1;
    this.#wanted = offset + 1;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new MalformedBatch(`the batch at offset ${this.#baseOffset}: ${String(cause)}`);
    }
  }
}
