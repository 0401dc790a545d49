import type { BlockMemory } from "../block-memory.ts";

// As laid out in scan-kernel.as.
const lengthsAt = 16;
const namesAt = 128;
const statusAt = 384;
const statusWords = 8;
const boundsAt = 512;
const rowsAt = 1024;
const copiesBytes = 4096;
const fieldsMax = 16;
const nameBytesMax = 16;

/** Records that are scanned in one call: as many as stay in the cache until their values are read. */
export const scannedMax = 64;

/** How many words a record's row has: 1 if it is sound, then where each field's value starts, or -1, and ends. */
export function rowWords(fields: number): number {
  return 1 + 2 * fields;
}

/**
 * What one call of a kernel works from and writes to: the names of the fields, where up to 64 records lie, a row for each. Places
 * in rows are places in the whole memory.
 */
export class ScanTables {
  /** Where they begin in the memory. */
  readonly address: number;
  readonly rows: Int32Array;
  readonly bounds: Int32Array;
  /** Where the escaped key lies at which a scan has stopped: its start, its first backslash, its end. */
  readonly key: Int32Array;
  /** Words that the kernel leaves alone, for those who share its tables. */
  readonly status: Int32Array;

  private constructor(buffer: ArrayBufferLike, address: number, names: readonly Uint8Array[]) {
    const words = (from: number, count: number) => new Int32Array(buffer, address + from, count);
    this.address = address;
    this.key = words(0, 3);
    this.status = words(statusAt, statusWords);
    this.bounds = words(boundsAt, 2 * scannedMax);
    this.rows = words(rowsAt, scannedMax * rowWords(names.length));
    const lengths = words(lengthsAt, names.length);
    for (const [field, name] of names.entries()) {
      lengths[field] = name.length;
      new Uint8Array(buffer).set(name, address + namesAt + field * nameBytesMax);
    }
  }

  /** So many of them. Undefined for more or longer names than a kernel takes, and where the memory has no more room. */
  static in(memory: BlockMemory, names: readonly Uint8Array[], count: number): ScanTables[] | undefined {
    if (names.length > fieldsMax || names.some((name) => name.length > nameBytesMax)) return undefined;
    const bytes = rowsAt + scannedMax * rowWords(names.length) * 4 + copiesBytes;
    const address = memory.take(count * bytes);
    if (address === undefined) return undefined;
    return Array.from({ length: count }, (_, i) => new ScanTables(memory.wasm.buffer, address + i * bytes, names));
  }
}
