import { Buffer } from "node:buffer";
import type { BlockMemory } from "../block-memory.ts";
import { Block } from "./block.ts";
import { BAD_KEY } from "./field-names.ts";
import type { Picks } from "./picks.ts";
import { scanKernelModule } from "./scan-kernel-module.ts";
import type { ScanTables } from "./scan-tables.ts";

/** What the types of Node leave out. */
interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** What the module exports; see scan-kernel.as. */
export interface KernelExports {
  setUp(tables: number, fields: number): void;
  scan(count: number, distance: number): number;
  resume(field: number): number;
}

/** What a scan gives that has stopped at a key with escapes. */
export const escapedKey = 2;
const badKey = -2;

/** The longest run of bytes that is copied; the memory a kernel has of its own holds no longer one. */
export const copiedBytesMax = 256 * 1024;

let compiled: object | undefined;

/**
 * The scan of `OnDemandDecoder` as a WebAssembly module, which compares 16 bytes at a time and takes many records a call.
 * It takes and refuses the same bytes.
 */
export class ScanKernel {
  readonly module: object;
  readonly memory: BlockMemory;
  /** All of the memory: what lies at a place that it gave. */
  readonly all: Block;
  readonly #exports: KernelExports;

  private constructor(module: object, exports: KernelExports, memory: BlockMemory) {
    this.module = module;
    this.memory = memory;
    this.all = new Block(Buffer.from(memory.wasm.buffer));
    this.#exports = exports;
  }

  /** Undefined where none can be made. */
  static in(memory: BlockMemory): ScanKernel | undefined {
    const wasm = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly;
    try {
      compiled ??= new wasm.Module(Buffer.from(scanKernelModule, "base64"));
      const { exports } = new wasm.Instance(compiled, { env: { memory: memory.wasm } });
      return new ScanKernel(compiled, exports as KernelExports, memory);
    } catch {
      return undefined; // a processor without vectors, or a process that may not run code made at run time
    }
  }

  /** Scans as many records as the bounds in the tables tell; `distance` is where in the memory those count from. */
  scan(tables: ScanTables, count: number, distance: number, { names, count: fields }: Picks<unknown>): void {
    this.#exports.setUp(tables.address, fields);
    let code = this.#exports.scan(count, distance);
    while (code === escapedKey) {
      const [start, backslash, end] = tables.key;
      const field = names.findEscaped(this.all, start!, backslash!, end!);
      code = this.#exports.resume(field === BAD_KEY ? badKey : field);
    }
  }
}
