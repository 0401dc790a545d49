import { Buffer } from "node:buffer";

/** What the types of Node leave out. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

interface WasmApi {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => WasmMemory;
}

const pageBytes = 64 * 1024;
const tablePages = 16;
/** Places in it are written down in 32 bits, one of them a sign. */
const pagesMax = 2 ** 31 / pageBytes;
/** What WebAssembly may read behind a block, where it lies, and which means nothing. */
const behindBytes = 256;

const known = new WeakMap<ArrayBufferLike, BlockMemory>();

/**
 * Memory that WebAssembly sees as well: some pages for its own tables, and bytes behind them. It never grows, so that no view of
 * it is ever detached; and other threads can share it.
 */
export class BlockMemory {
  readonly wasm: WasmMemory;
  readonly bytes: Buffer;
  #tableEnd = 0;

  private constructor(wasm: WasmMemory, byteLength: number) {
    this.wasm = wasm;
    this.bytes = Buffer.from(wasm.buffer, tablePages * pageBytes, byteLength);
    known.set(wasm.buffer, this);
  }

  /** Undefined where there is no WebAssembly, or no room for it, and for 2 GiB and more. */
  static of(byteLength: number): BlockMemory | undefined {
    const wasm = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
    if (wasm === undefined) return undefined;
    try {
      const pages = tablePages + Math.ceil((byteLength + behindBytes) / pageBytes);
      if (pages > pagesMax) return undefined;
      return new BlockMemory(new wasm.Memory({ initial: pages, maximum: pages, shared: true }), byteLength);
    } catch {
      return undefined;
    }
  }

  /** The memory in which the bytes lie, if it is such a one. */
  static behind(bytes: Uint8Array): BlockMemory | undefined {
    return known.get(bytes.buffer);
  }

  /** Takes room for tables, for good; its address, or undefined when there is none left. */
  take(byteLength: number): number | undefined {
    const address = this.#tableEnd;
    if (address + byteLength > tablePages * pageBytes) return undefined;
    this.#tableEnd += byteLength;
    return address;
  }
}

/** Memory for blocks of bytes to be read into: such that a decoder may scan it in WebAssembly where it lies, if that can be. */
export function blockBytes(byteLength: number): Buffer {
  return BlockMemory.of(byteLength)?.bytes ?? Buffer.allocUnsafeSlow(byteLength);
}
