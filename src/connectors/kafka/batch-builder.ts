import { batchAttribute, batchField, batchMagic, batchOverheadBytes, writeInt64 } from "./batch-header.ts";
import { checksumOf } from "./checksum.ts";
import { type Compression, compressions, pack } from "./compression.ts";
import type { RecordHeader } from "./record-headers.ts";
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from "./varint.ts";

/** What is known of a batch besides its records. */
export interface BatchSeal {
  readonly compression: Compression;
  /** -1 for a producer that is not idempotent. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The place of the first record in what the producer has sent to the partition; wraps after 2^31 - 1. */
  readonly baseSequence: number;
  readonly transactional: boolean;
}

/** What a key or a value may be given as; text is written as UTF-8. */
export type Bytes = string | Uint8Array;

/** The most bytes the numbers of one record take. */
const recordOverheadBytes = 32;

/** Collects records of one partition and makes a record batch of them. Used again after `clear`. */
export class BatchBuilder {
  count = 0;
  #bytes: Buffer;
  #at: number = batchField.records;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor(initialBytes: number) {
    this.#bytes = Buffer.allocUnsafe(batchField.records + initialBytes);
  }

  /** The size of the batch so far, before compression. */
  get size(): number {
    return this.#at;
  }

  /** The youngest time of its records. */
  get maxTimestamp(): number {
    return this.#maxTimestamp;
  }

  /** Appends a record; its key, value and headers are copied. `timestamp` in milliseconds since the epoch. */
  add(timestamp: number, key: Bytes | null, value: Bytes | null, headers: readonly RecordHeader[] = []): void {
    if (this.count === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp;
    this.#maxTimestamp = Math.max(this.#maxTimestamp, timestamp);
    const delta = timestamp - this.#baseTimestamp;
    const body =
      1 + varlongBytes(delta) + varintBytes(this.count) + fieldBytes(key) + fieldBytes(value) + headersBytes(headers);
    this.#reserve(body + recordOverheadBytes);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#at, body);
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, delta);
    at = writeVarint(bytes, at, this.count);
    at = writeField(bytes, at, key);
    at = writeField(bytes, at, value);
    at = writeVarint(bytes, at, headers.length);
    for (const [name, held] of headers) at = writeField(bytes, writeField(bytes, at, name), held);
    this.#at = at;
    this.count += 1;
  }

  /** The batch, in memory of its own. */
  seal(seal: BatchSeal): Buffer {
    const records = this.#bytes.subarray(batchField.records, this.#at);
    const packed = pack(seal.compression, records);
    const batch = Buffer.allocUnsafe(batchField.records + packed.length);
    packed.copy(batch, batchField.records);
    this.#writeHead(batch, seal);
    batch.writeUInt32BE(checksumOf(batch.subarray(batchField.attributes)), batchField.crc);
    return batch;
  }

  /** Forgets the records and keeps the memory. */
  clear(): void {
    this.count = 0;
    this.#at = batchField.records;
  }

  #writeHead(batch: Buffer, seal: BatchSeal): void {
    const transactional = seal.transactional ? batchAttribute.transactional : 0;
    writeInt64(batch, 0, batchField.baseOffset);
    batch.writeInt32BE(batch.length - batchOverheadBytes, batchField.length);
    batch.writeInt32BE(-1, batchField.leaderEpoch);
    batch[batchField.magic] = batchMagic;
    batch.writeInt16BE(compressions.indexOf(seal.compression) | transactional, batchField.attributes);
    batch.writeInt32BE(this.count - 1, batchField.lastOffsetDelta);
    writeInt64(batch, this.#baseTimestamp, batchField.baseTimestamp);
    writeInt64(batch, this.#maxTimestamp, batchField.maxTimestamp);
    batch.writeBigInt64BE(seal.producerId, batchField.producerId);
    batch.writeInt16BE(seal.producerEpoch, batchField.producerEpoch);
    batch.writeInt32BE(seal.baseSequence, batchField.baseSequence);
    batch.writeInt32BE(this.count, batchField.recordCount);
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + more));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

function lengthOf(field: Bytes): number {
  return typeof field === "string" ? Buffer.byteLength(field) : field.length;
}

function fieldBytes(field: Bytes | null): number {
  if (field === null) return 1;
  const length = lengthOf(field);
  return varintBytes(length) + length;
}

function headersBytes(headers: readonly RecordHeader[]): number {
  let bytes = varintBytes(headers.length);
  for (const [name, value] of headers) bytes += fieldBytes(name) + fieldBytes(value);
  return bytes;
}

function writeField(into: Buffer, at: number, field: Bytes | null): number {
  if (field === null) return writeVarint(into, at, -1);
  const length = lengthOf(field);
  const start = writeVarint(into, at, length);
  if (typeof field === "string") into.write(field, start, length, "utf8");
  else into.set(field, start);
  return start + length;
}
