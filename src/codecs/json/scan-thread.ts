import { Worker } from "node:worker_threads";
import { escapedKey, type KernelExports, type ScanKernel } from "./scan-kernel.ts";
import type { ScanTables } from "./scan-tables.ts";

/** The words of the tables' status. The last two only count in the first tables. */
export const word = { state: 0, count: 1, distance: 2, turn: 3, over: 4 } as const;

/** Whether the thread still runs, has ended, or has failed, in `word.over`. */
export const over = { no: 0, ended: 1, failed: 2 } as const;

/** What becomes of the records in tables: whoever changes `posted` to `claimed` scans them. */
export const state = { none: 0, posted: 1, claimed: 2, scanned: 3 } as const;

interface ThreadData {
  readonly module: object;
  readonly memory: object;
  readonly addresses: readonly number[];
  readonly statuses: readonly Int32Array[];
  readonly fields: number;
  readonly turn: number;
  readonly idleMs: number;
  readonly escapedKey: number;
  readonly word: typeof word;
  readonly over: typeof over;
  readonly state: typeof state;
}

/**
 * Starts a thread that scans what is posted in these tables, in turn: `word.turn` says how many were ever posted, modulo 2^32.
 * It keeps no process alive, and ends when it was given nothing for `idleMs`. Throws where a process may start no threads.
 */
export function startScanThread(
  kernel: ScanKernel,
  tables: readonly ScanTables[],
  fields: number,
  idleMs: number,
): Worker {
  const statuses = tables.map(({ status }) => status);
  const workerData: ThreadData = {
    module: kernel.module,
    memory: kernel.memory.wasm,
    addresses: tables.map(({ address }) => address),
    statuses,
    fields,
    turn: Atomics.load(statuses[0]!, word.turn),
    idleMs,
    escapedKey,
    word,
    over,
    state,
  };
  Atomics.store(statuses[0]!, word.over, over.no);
  const program = `${yieldsToOthers}(${scanPosted})(require("node:worker_threads").workerData)`;
  const worker = new Worker(program, { eval: true, workerData, execArgv: [], name: "millrace scan" });
  worker.unref();
  // An end that it came to by itself it tells itself: its exit may be heard of when its successor runs already.
  worker.on("error", () => Atomics.store(statuses[0]!, word.over, over.failed));
  return worker;
}

/**
 * On Linux, where a priority is a thread's own, it gives way to all else that wants to run: a system that has woken it on the processor
 * of the thread that it helps would let that one wait, or a broker on the same machine. Whoever waits for it scans the rest meanwhile.
 */
const yieldsToOthers =
  process.platform === "linux" ? 'try { require("node:os").setPriority(0, 10); } catch {} // else as it is\n' : "";

/** What the thread does. It is handed over as text, so that it needs no file of its own: all that it uses is in its data. */
function scanPosted(data: ThreadData): void {
  const { module, memory, addresses, statuses, fields, idleMs, escapedKey, word, over, state } = data;
  const { Instance } = (globalThis as unknown as { WebAssembly: { Instance: new (...args: object[]) => object } })
    .WebAssembly;
  const { exports } = new Instance(module, { env: { memory } }) as { readonly exports: KernelExports };
  const first = statuses[0]!;
  let { turn } = data;
  for (;;) {
    const posted = Atomics.load(first, word.turn);
    if (turn === posted) {
      if (Atomics.wait(first, word.turn, posted, idleMs) === "timed-out") break;
      continue;
    }
    const at = turn & (statuses.length - 1);
    const status = statuses[at]!;
    turn = (turn + 1) | 0;
    if (Atomics.compareExchange(status, word.state, state.posted, state.claimed) !== state.posted) continue;
    let after: number = state.posted;
    try {
      exports.setUp(addresses[at]!, fields);
      // A key that only the names themselves can tell is for the other thread, which scans them all again.
      if (exports.scan(status[word.count]!, status[word.distance]!) !== escapedKey) after = state.scanned;
    } finally {
      Atomics.store(status, word.state, after);
      Atomics.notify(status, word.state);
    }
  }
  Atomics.store(first, word.over, over.ended);
  Atomics.notify(first, word.over);
}
