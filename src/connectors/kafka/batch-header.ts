/**
 * Where the fields of a record batch lie, format 2, the only one since Kafka 0.11. Source: the "Record Batch" section of
 * Kafka's message format documentation.
 */
export const batchField = {
  baseOffset: 0,
  /** Bytes that follow this field. */
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  /** What the checksum covers begins here. */
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** The bytes before the length field and the field itself. */
export const batchOverheadBytes = 12;

/** The format that is read and written. */
export const batchMagic = 2;

/** Bits of the attributes; the lowest three are the compression. */
export const batchAttribute = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const;

/** A signed 64-bit number as a double: exact for every offset and time there will be (below 2^53). */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

/** Writes a whole number below 2^53 as signed 64 bits. */
export function writeInt64(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
}
