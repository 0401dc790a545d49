import { availableParallelism } from "node:os";
import type { Block } from "./block.ts";
import type { Picks } from "./picks.ts";
import type { ScanKernel } from "./scan-kernel.ts";
import { ScanTables, scannedMax } from "./scan-tables.ts";
import { over, startScanThread, state, word } from "./scan-thread.ts";

/** How many groups of 64 records are posted at once; a power of two. */
const postedMax = 32;
/** How often a group that the other thread is scanning is looked at before it is waited for. */
const looksMax = 4000;
/** A thread that was given nothing for so long ends, so that none outlives the stream it was started for. */
const idleMs = 1000;

/**
 * Has a second thread scan a block's records before they are asked for. They are posted in groups of 64, in order, and
 * whichever thread comes first takes one: so all that is ever waited for is the group that the other is at, and a thread that
 * has not started yet, or has ended, costs nothing but its help. One that has failed is not started again.
 */
export class ScanAhead {
  readonly #kernel: ScanKernel;
  readonly #picks: Picks<unknown>;
  readonly #tables: readonly ScanTables[];
  #block: Block | undefined;
  #bounds: Int32Array = new Int32Array(0);
  #size = 0;
  /** Of the block's groups, those from `out` to `posted` are out; before the block's there were so many others. */
  #out = 0;
  #posted = 0;
  #before = 0;

  private constructor(kernel: ScanKernel, picks: Picks<unknown>, tables: readonly ScanTables[]) {
    this.#kernel = kernel;
    this.#picks = picks;
    this.#tables = tables;
  }

  /** Undefined where a second thread finds no processor, or no room for its tables. */
  static beside(kernel: ScanKernel, picks: Picks<unknown>): ScanAhead | undefined {
    if (availableParallelism() < 2) return undefined;
    const tables = ScanTables.in(kernel.memory, picks.names.bytes, postedMax);
    if (tables === undefined) return undefined;
    const ahead = new ScanAhead(kernel, picks, tables);
    return ahead.#started() ? ahead : undefined;
  }

  /** The records to come are these. Those of the block before must be withdrawn. */
  begin(block: Block, bounds: Int32Array, size: number): void {
    if (Atomics.load(this.#tables[0]!.status, word.over) === over.ended) this.#started();
    this.#block = block;
    this.#bounds = bounds;
    this.#size = size;
    this.#post();
  }

  /** Takes back what is out; the block is not touched any more. */
  withdraw(): void {
    this.#passBy(this.#posted);
    this.#before = (this.#before + this.#posted) | 0;
    this.#size = this.#out = this.#posted = 0;
  }

  /** The tables of a group, scanned; they stay so until a later one is asked for. */
  take(group: number): ScanTables {
    this.#passBy(group);
    this.#post();
    const tables = this.#tablesOf(group);
    const { status } = tables;
    // While the other thread is at it, there are the next ones to be scanned.
    for (let next = group; next < this.#posted && Atomics.load(status, word.state) !== state.scanned; next++) {
      this.#scan(this.#tablesOf(next));
    }
    for (let looks = 0; Atomics.load(status, word.state) !== state.scanned; looks++) {
      if (looks >= looksMax) Atomics.wait(status, word.state, state.claimed);
      this.#scan(tables);
    }
    return tables;
  }

  /** Scans a group unless the other thread has it, or had it. */
  #scan(tables: ScanTables): void {
    const { status } = tables;
    if (Atomics.compareExchange(status, word.state, state.posted, state.claimed) !== state.posted) return;
    this.#kernel.scan(tables, status[word.count]!, status[word.distance]!, this.#picks);
    Atomics.store(status, word.state, state.scanned);
  }

  #tablesOf(group: number): ScanTables {
    return this.#tables[(this.#before + group) & (postedMax - 1)]!;
  }

  /** Posts as many groups as there are tables for. */
  #post(): void {
    const groups = Math.min(Math.ceil(this.#size / scannedMax), this.#out + postedMax);
    if (this.#posted === groups) return;
    for (; this.#posted < groups; this.#posted++) {
      const from = this.#posted * scannedMax;
      const to = Math.min(from + scannedMax, this.#size);
      const { bounds, status } = this.#tablesOf(this.#posted);
      bounds.set(this.#bounds.subarray(2 * from, 2 * to));
      status[word.count] = to - from;
      status[word.distance] = this.#block!.bytes.byteOffset;
      Atomics.store(status, word.state, state.posted);
    }
    const { status } = this.#tables[0]!;
    Atomics.store(status, word.turn, (this.#before + this.#posted) | 0);
    Atomics.notify(status, word.turn);
  }

  /** Takes back the groups before this one. */
  #passBy(group: number): void {
    for (; this.#out < group; this.#out++) {
      const { status } = this.#tablesOf(this.#out);
      if (Atomics.compareExchange(status, word.state, state.posted, state.none) !== state.claimed) continue;
      while (Atomics.load(status, word.state) === state.claimed) Atomics.wait(status, word.state, state.claimed);
    }
  }

  #started(): boolean {
    try {
      startScanThread(this.#kernel, this.#tables, this.#picks.count, idleMs);
      return true;
    } catch {
      return false; // a process that may start no threads
    }
  }
}
