import { Buffer } from "node:buffer";
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
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly keyStart: { readonly value: number };
  readonly keyBackslash: { readonly value: number };
  readonly keyEnd: { readonly value: number };
  setFields(count: number): void;
  scan(at: number, last: number): number;
  resume(field: number): number;
}

// As laid out in scan-kernel.as.
const endsAt = 64 / 4;
const lengthsAt = 128 / 4;
const namesAt = 256;
const blockAt = 1024;
const behindBlockBytes = 64;
const fieldsMax = 16;
const nameBytesMax = 16;
const doneCode = 1;
const escapedKeyCode = 2;

const pageBytes = 64 * 1024;
/** The longest block that is copied; one with a longer record in it is scanned where it lies. */
const blockBytesMax = 4 * 1024 * 1024;

let compiled: object | undefined;

/**
 * The scan of `OnDemandDecoder` as a WebAssembly module, which compares 16 bytes at a time: 0.45 of its time for frames of
 * 2 KB, with the copy that it needs, since WebAssembly sees no memory but its own. It takes and refuses the same bytes.
 * One kernel serves one decoder. Memory: 512 KiB, or as much as the longest block.
 */
export class ScanKernel {
  readonly #exports: KernelExports;
  #bytes: Uint8Array;
  #words: Int32Array;
  /** The run of bytes that was copied. */
  #copied: Uint8Array | undefined;
  #start = 0;
  #end = 0;

  private constructor(exports: KernelExports, names: readonly Uint8Array[]) {
    this.#exports = exports;
    this.#bytes = new Uint8Array(exports.memory.buffer);
    this.#words = new Int32Array(exports.memory.buffer);
    for (const [field, name] of names.entries()) {
      this.#words[lengthsAt + field] = name.length;
      this.#bytes.set(name, namesAt + field * nameBytesMax);
    }
    exports.setFields(names.length);
  }

  /** Undefined where there is no WebAssembly, and for more or longer names than the kernel takes. */
  static of(names: readonly Uint8Array[]): ScanKernel | undefined {
    const wasm = (globalThis as { WebAssembly?: WasmApi }).WebAssembly;
    if (wasm === undefined || names.length > fieldsMax || names.some((name) => name.length > nameBytesMax)) return;
    try {
      compiled ??= new wasm.Module(Buffer.from(scanKernelModule, "base64"));
      return new ScanKernel(new wasm.Instance(compiled, {}).exports as KernelExports, names);
    } catch {
      return undefined; // a processor without vectors, or a process that may not run code made at run time
    }
  }

  /** Copies the run of bytes in which the records to come lie. They must not change until the next call. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    const needed = blockAt + end - start + behindBlockBytes;
    const fits = end - start <= blockBytesMax && (needed <= this.#bytes.length || this.#grow(needed));
    this.#copied = fits ? bytes : undefined;
    this.#start = start;
    this.#end = end;
    if (fits) this.#bytes.set(bytes.subarray(start, end), blockAt);
  }

  /** Whether a record lies in what was copied. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    return bytes === this.#copied && start >= this.#start && end <= this.#end;
  }

  /** As the scan in on-demand.ts: `at` is the byte behind the opening brace, `last` where the final one lies. */
  scan(block: Block, at: number, last: number, picks: Picks<unknown>): boolean {
    const moved = blockAt - this.#start;
    const exports = this.#exports;
    let code = exports.scan(at + moved, last + moved);
    while (code === escapedKeyCode) {
      const field = picks.names.findEscaped(
        block,
        exports.keyStart.value - moved,
        exports.keyBackslash.value - moved,
        exports.keyEnd.value - moved,
      );
      if (field === BAD_KEY) return false;
      code = exports.resume(field);
    }
    if (code !== doneCode) return false;
    const words = this.#words;
    for (let field = 0; field < picks.count; field++) {
      const start = words[field]!;
      if (start === -1) continue;
      picks.starts[field] = start - moved;
      picks.ends[field] = words[endsAt + field]! - moved;
    }
    return true;
  }

  /** False when there is no memory to be had. */
  #grow(bytes: number): boolean {
    const { memory } = this.#exports;
    try {
      memory.grow(Math.ceil((bytes - this.#bytes.length) / pageBytes));
    } catch {
      return false;
    }
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    return true;
  }
}
