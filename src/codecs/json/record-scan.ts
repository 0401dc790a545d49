import { BlockMemory } from "../block-memory.ts";
import type { Block } from "./block.ts";
import type { Picks } from "./picks.ts";
import type { ScanAhead } from "./scan-ahead.ts";
import { copiedBytesMax } from "./scan-kernel.ts";
import { rowWords, scannedMax } from "./scan-tables.ts";
import { Scanner } from "./scanner.ts";

const nothing = new Int32Array(0);

/** How much is scanned before a second thread is worth its start, in bytes. */
const aloneBytes = 32 * 1024 * 1024;

/**
 * Scans the records of a block some time before they are asked for, many in one call, by a kernel in the memory in which the
 * block lies; where that is no memory of WebAssembly's, they are copied into the one of a kernel that is there for it.
 * Of a long stream a second thread takes its share.
 *
 * Records must be asked for in their order. Which is not in the block, or after a later one, is not there.
 */
export class RecordScan {
  readonly #picks: Picks<unknown>;
  readonly #aloneBytes: number;
  readonly #rowWords: number;
  readonly #scanners = new WeakMap<BlockMemory, Scanner>();
  #copying: Scanner | null | undefined;
  #scanner: Scanner | undefined;
  #ahead: ScanAhead | undefined;
  #copies = false;
  #block: Block | undefined;
  #bounds: Int32Array = nothing;
  #size = 0;
  /** The record expected next; and which are in the rows. */
  #next = 0;
  #from = 0;
  #to = 0;
  #rows: Int32Array = nothing;

  constructor(picks: Picks<unknown>, options: { readonly aloneBytes: number } = { aloneBytes }) {
    this.#picks = picks;
    this.#aloneBytes = options.aloneBytes;
    this.#rowWords = rowWords(picks.count);
  }

  /** The records to come are these, in bytes that stay as they are until the next call. */
  begin(block: Block, bounds: Int32Array, size: number): void {
    const own = this.#scannerBehind(block);
    this.#ahead?.withdraw();
    this.#copies = own === undefined;
    this.#scanner = own ?? this.#copyingScanner();
    this.#block = block;
    this.#bounds = bounds;
    this.#size = this.#scanner === undefined ? 0 : size;
    this.#next = this.#from = this.#to = 0;
    // What one call scans is not worth to be shared.
    this.#ahead = size > scannedMax ? own?.aheadAfter(bounds[2 * size - 1]! - bounds[0]!, this.#aloneBytes) : undefined;
    this.#ahead?.begin(block, bounds, size);
  }

  /** What the places in the rows are places of. */
  get block(): Block {
    return this.#scanner!.kernel.all;
  }

  /** The rows in which `find` found a record. */
  get rows(): Int32Array {
    return this.#rows;
  }

  /** Where in `rows` a record's row begins, or -1 when it must be scanned otherwise. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const bounds = this.#bounds;
    if (bytes !== this.#block?.bytes) return -1;
    let at = this.#next;
    while (at < this.#size && bounds[2 * at]! < start) at++;
    if (at >= this.#size || bounds[2 * at] !== start || bounds[2 * at + 1] !== end) return -1;
    if (at >= this.#to && !this.#scan(at)) return -1;
    this.#next = at + 1;
    return (at - this.#from) * this.#rowWords;
  }

  /** Scans that record and some after it. False when it is too long to be copied. */
  #scan(record: number): boolean {
    const { kernel, tables } = this.#scanner!;
    const block = this.#block!;
    if (this.#ahead !== undefined) {
      const group = Math.floor(record / scannedMax);
      this.#rows = this.#ahead.take(group).rows;
      this.#from = group * scannedMax;
      this.#to = Math.min(this.#from + scannedMax, this.#size);
      return true;
    }
    const to = this.#copies ? this.#copiedTo(record) : Math.min(record + scannedMax, this.#size);
    if (to === record) return false;
    const bounds = this.#bounds.subarray(2 * record, 2 * to);
    tables.bounds.set(bounds);
    let distance = block.bytes.byteOffset;
    if (this.#copies) {
      const { bytes } = kernel.memory;
      bytes.set(block.bytes.subarray(bounds[0], bounds.at(-1)));
      distance = bytes.byteOffset - bounds[0]!;
    }
    kernel.scan(tables, to - record, distance, this.#picks);
    this.#rows = tables.rows;
    this.#from = record;
    this.#to = to;
    return true;
  }

  /** Behind the last record from this one on that is copied with it. */
  #copiedTo(record: number): number {
    const most = Math.min(record + scannedMax, this.#size);
    const bytesEnd = this.#bounds[2 * record]! + copiedBytesMax;
    let to = record;
    while (to < most && this.#bounds[2 * to + 1]! <= bytesEnd) to++;
    return to;
  }

  #scannerBehind({ bytes }: Block): Scanner | undefined {
    const memory = BlockMemory.behind(bytes);
    if (memory === undefined) return undefined;
    let scanner = this.#scanners.get(memory);
    if (scanner === undefined) {
      scanner = Scanner.in(memory, this.#picks);
      if (scanner !== undefined) this.#scanners.set(memory, scanner);
    }
    return scanner;
  }

  #copyingScanner(): Scanner | undefined {
    if (this.#copying === undefined) this.#copying = Scanner.in(BlockMemory.of(copiedBytesMax), this.#picks) ?? null;
    return this.#copying ?? undefined;
  }
}
