import { Buffer } from "node:buffer";
import type { BlockMemory } from "../block-memory.ts";
import type { Block } from "./block.ts";
import { BAD_KEY } from "./field-names.ts";
import type { Picks } from "./picks.ts";
import { scanKernelModule } from "./scan-kernel-module.ts";

/** What the types of Node leave out. */
interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

interface KernelExports {
  setUp(address: number, count: number): void;
  scan(count: number, distance: number): number;
  resume(field: number): number;
}

// As laid out in scan-kernel.as.
const lengthsAt = 16;
const namesAt = 128;
const boundsAt = 512;
const rowsAt = 1024;
const fieldsMax = 16;
const nameBytesMax = 16;
const escapedKeyCode = 2;
const badKey = -2;

/** Records that are scanned in one call: as many as stay in the cache until their values are read. */
export const scannedMax = 64;
const tableBytes = rowsAt + scannedMax * (1 + 2 * fieldsMax) * 4;

/** The longest record that is copied; the memory a kernel has of its own holds no longer one. */
export const copiedBytesMax = 256 * 1024;

let compiled: object | undefined;

/**
 * The scan of `OnDemandDecoder` as a WebAssembly module, which compares 16 bytes at a time and takes many records a call.
 * It takes and refuses the same bytes. One kernel serves one decoder in one memory.
 */
export class ScanKernel {
  /** Rows of words, one for each record: 1 if it is sound, then where each field's value starts, or -1, and ends. */
  readonly rows: Int32Array;
  readonly rowWords: number;
  readonly #exports: KernelExports;
  readonly #address: number;
  readonly #bounds: Int32Array;
  readonly #key: Int32Array;
  readonly #memory: Uint8Array;

  private constructor(
    exports: KernelExports,
    { wasm, bytes }: BlockMemory,
    tables: number,
    names: readonly Uint8Array[],
  ) {
    const words = (from: number) => new Int32Array(wasm.buffer, tables + from);
    this.rows = words(rowsAt);
    this.rowWords = 1 + 2 * names.length;
    this.#exports = exports;
    this.#address = bytes.byteOffset;
    this.#memory = bytes;
    this.#bounds = words(boundsAt);
    this.#key = words(0);
    for (const [field, name] of names.entries()) {
      words(lengthsAt)[field] = name.length;
      new Uint8Array(wasm.buffer).set(name, tables + namesAt + field * nameBytesMax);
    }
    exports.setUp(tables, names.length);
  }

  /** Undefined for more or longer names than a kernel takes, and where none can be made, or its tables find no room. */
  static in(memory: BlockMemory | undefined, names: readonly Uint8Array[]): ScanKernel | undefined {
    if (memory === undefined || names.length > fieldsMax) return undefined;
    if (names.some((name) => name.length > nameBytesMax)) return undefined;
    const wasm = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
    try {
      compiled ??= new wasm.Module(Buffer.from(scanKernelModule, "base64"));
      const instance = new wasm.Instance(compiled, { env: { memory: memory.wasm } });
      const tables = memory.take(tableBytes);
      return tables === undefined
        ? undefined
        : new ScanKernel(instance.exports as KernelExports, memory, tables, names);
    } catch {
      return undefined; // a processor without vectors, or a process that may not run code made at run time
    }
  }

  /** Scans records `from` to `to` of those that `bounds` tells, at most 64, of bytes that lie in the kernel's memory. */
  scan(block: Block, bounds: Int32Array, from: number, to: number, picks: Picks<unknown>): void {
    this.#scan(block.bytes.byteOffset, block, bounds.subarray(2 * from, 2 * to), picks);
  }

  /** The same of bytes elsewhere, which are copied: `copiedBytesMax` at most. */
  scanCopy(block: Block, bounds: Int32Array, from: number, to: number, picks: Picks<unknown>): void {
    const start = bounds[2 * from]!;
    this.#memory.set(block.bytes.subarray(start, bounds[2 * to - 1]!));
    this.#scan(this.#address - start, block, bounds.subarray(2 * from, 2 * to), picks);
  }

  #scan(distance: number, block: Block, bounds: Int32Array, { names }: Picks<unknown>): void {
    this.#bounds.set(bounds);
    let code = this.#exports.scan(bounds.length / 2, distance);
    while (code === escapedKeyCode) {
      const [start, backslash, end] = this.#key;
      const field = names.findEscaped(block, start!, backslash!, end!);
      code = this.#exports.resume(field === BAD_KEY ? badKey : field);
    }
  }
}
