import { BlockMemory } from "../block-memory.ts";
import type { Block } from "./block.ts";
import type { Picks } from "./picks.ts";
import { copiedBytesMax, ScanKernel, scannedMax } from "./scan-kernel.ts";

const nothing = new Int32Array(0);

/**
 * Scans the records of a block some time before they are asked for, many in one call, by a kernel in the memory in which the
 * block lies; where that is no memory of WebAssembly's, they are copied into the one of a kernel that is there for it.
 *
 * Records must be asked for in their order. Which is not in the block, or after a later one, is not there.
 */
export class RecordScan {
  readonly #picks: Picks<unknown>;
  readonly #kernels = new WeakMap<BlockMemory, ScanKernel>();
  #copying: ScanKernel | null | undefined;
  #kernel: ScanKernel | undefined;
  #copies = false;
  #block: Block | undefined;
  #bounds: Int32Array = nothing;
  #size = 0;
  /** The record expected next; and which are in the kernel's rows. */
  #next = 0;
  #from = 0;
  #to = 0;

  constructor(picks: Picks<unknown>) {
    this.#picks = picks;
  }

  /** The records to come are these, in bytes that stay as they are until the next call. */
  begin(block: Block, bounds: Int32Array, size: number): void {
    const own = this.#kernelBehind(block);
    this.#copies = own === undefined;
    this.#kernel = own ?? this.#copyingKernel();
    this.#block = block;
    this.#bounds = bounds;
    this.#size = this.#kernel === undefined ? 0 : size;
    this.#next = this.#from = this.#to = 0;
  }

  /** The rows of the kernel in which `find` found a record. */
  get rows(): Int32Array {
    return this.#kernel!.rows;
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
    return (at - this.#from) * this.#kernel!.rowWords;
  }

  /** Scans from that record on. False when it is too long to be copied. */
  #scan(from: number): boolean {
    const most = Math.min(from + scannedMax, this.#size);
    const kernel = this.#kernel!;
    let to = most;
    if (this.#copies) {
      const bytesEnd = this.#bounds[2 * from]! + copiedBytesMax;
      for (to = from; to < most && this.#bounds[2 * to + 1]! <= bytesEnd; ) to++;
      if (to === from) return false;
      kernel.scanCopy(this.#block!, this.#bounds, from, to, this.#picks);
    } else kernel.scan(this.#block!, this.#bounds, from, to, this.#picks);
    this.#from = from;
    this.#to = to;
    return true;
  }

  #kernelBehind({ bytes }: Block): ScanKernel | undefined {
    const memory = BlockMemory.behind(bytes);
    if (memory === undefined) return undefined;
    let kernel = this.#kernels.get(memory);
    if (kernel === undefined) {
      kernel = ScanKernel.in(memory, this.#picks.names.bytes);
      if (kernel !== undefined) this.#kernels.set(memory, kernel);
    }
    return kernel;
  }

  #copyingKernel(): ScanKernel | undefined {
    if (this.#copying === undefined) {
      this.#copying = ScanKernel.in(BlockMemory.of(copiedBytesMax), this.#picks.names.bytes) ?? null;
    }
    return this.#copying ?? undefined;
  }
}
