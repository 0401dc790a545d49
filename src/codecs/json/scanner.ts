import type { BlockMemory } from "../block-memory.ts";
import type { Picks } from "./picks.ts";
import { ScanAhead } from "./scan-ahead.ts";
import { ScanKernel } from "./scan-kernel.ts";
import { ScanTables } from "./scan-tables.ts";

/** A kernel over one memory for one decoder, with its tables, and with a second thread once it has scanned enough. */
export class Scanner {
  readonly kernel: ScanKernel;
  readonly tables: ScanTables;
  readonly #picks: Picks<unknown>;
  #bytes = 0;
  #ahead: ScanAhead | null | undefined;

  private constructor(kernel: ScanKernel, tables: ScanTables, picks: Picks<unknown>) {
    this.kernel = kernel;
    this.tables = tables;
    this.#picks = picks;
  }

  /** Undefined where there is no such memory, or no kernel for it, or no room for its tables. */
  static in(memory: BlockMemory | undefined, picks: Picks<unknown>): Scanner | undefined {
    const kernel = memory && ScanKernel.in(memory);
    const tables = kernel && ScanTables.in(memory, picks.names.bytes, 1);
    return tables && new Scanner(kernel, tables[0]!, picks);
  }

  /** The second thread, which it gets, if it can, when it is to scan more than so many bytes in all. */
  aheadAfter(bytes: number, aloneBytes: number): ScanAhead | undefined {
    if (this.#ahead === undefined) {
      this.#bytes += bytes;
      if (this.#bytes > aloneBytes) this.#ahead = ScanAhead.beside(this.kernel, this.#picks) ?? null;
    }
    return this.#ahead ?? undefined;
  }
}
