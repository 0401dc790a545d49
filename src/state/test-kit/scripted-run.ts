import type { Clock } from "../../core/clock.ts";
import type { Disk } from "../../core/disk.ts";
import type { CheckpointStore, Stateful } from "../../core/state.ts";
import type { SimDisk } from "../../testing/sim-disk.ts";
import { type FolderCheckpointsOptions, folderCheckpoints } from "../folder-checkpoints.ts";
import { keyedStore } from "../keyed-store.ts";
import { valueStore } from "../value-store.ts";
import { collectAll } from "./collect-all.ts";

/** How many checkpoints a scripted run takes. */
export const beats = 9;

/** A clock on which every timer runs in the next microtask, and each look at it costs a millisecond. */
export function hastyClock(): Clock {
  let ms = 0;
  return {
    now: () => ms,
    monotonic: () => ms++,
    timer: (_delayMs, callback) => {
      let cancelled = false;
      queueMicrotask(() => {
        if (!cancelled) callback();
      });
      return {
        cancel: () => {
          cancelled = true;
        },
      };
    },
    turn: () => Promise.resolve(),
  };
}

/** A folder's checkpoints that are compacted early and in small slices. */
export function smallCheckpoints(
  disk: Disk,
  warn: (message: string) => void,
  more: Partial<FolderCheckpointsOptions> = {},
): CheckpointStore {
  return folderCheckpoints("/run/state", {
    disk,
    clock: hastyClock(),
    warn,
    compactBytesMin: 1200,
    sliceBytesMax: 200,
    sliceMs: 4,
    ...more,
  });
}

/** Lets what only waits for microtasks go on. */
export async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

/** Stores under a script: the same changes before checkpoint `n` in each run, whatever was restored. */
class ScriptedStores {
  readonly users = keyedStore<unknown>();
  readonly total = valueStore<number>();
  readonly all: ReadonlyMap<string, Stateful> = new Map<string, Stateful>([
    ["count/users", this.users],
    ["count/total", this.total],
  ]);

  /** First half of what happens before a checkpoint: keys come, change and go; some come only to go in the second. */
  before(beat: number): void {
    for (let i = 0; i < 14; i++) this.users.set(`user ${beat}-${i}`, { beat, text: "x".repeat(beat * 5) });
    for (let i = 0; i < 5; i++) this.users.set(i, beat);
    this.users.set("passing", beat);
    this.users.delete(`user ${beat - 1}-3`);
  }

  /** Second half. */
  after(beat: number): void {
    this.users.delete("passing");
    this.users.set(`user ${beat}-1`, beat);
    for (let i = 4; i < 12; i++) this.users.delete(`user ${beat - 2}-${i}`);
    this.total.set(beat);
  }

  /** Everything in them, as a text to compare: the order of keys does not count. */
  state(): string {
    const users = [...this.users].map((entry) => JSON.stringify(entry)).sort();
    return `${this.total.get()} ${users.join(" ")}`;
  }
}

/** What the stores hold at each checkpoint; at 0, before the first, nothing. */
export function scriptedStates(): string[] {
  const stores = new ScriptedStores();
  const states = [stores.state()];
  for (let beat = 1; beat <= beats; beat++) {
    stores.before(beat);
    stores.after(beat);
    states.push(stores.state());
  }
  return states;
}

/** One process: opens the folder, goes on with the script from the checkpoint it finds, until its end or a crash. */
export class ScriptedRun {
  readonly disk: SimDisk;
  readonly warnings: string[] = [];
  /** The last checkpoint whose commit resolved. */
  acknowledged = 0;
  /** The checkpoint that was found; 0 when there was none. */
  restored = 0;
  readonly #stores = new ScriptedStores();
  readonly #checkpoints: CheckpointStore;

  constructor(disk: SimDisk) {
    this.disk = disk;
    this.#checkpoints = smallCheckpoints(disk, (message) => this.warnings.push(message));
  }

  status(): Record<string, number | string> {
    return this.#checkpoints.status!();
  }

  /** Runs the script; returns when it is done or the disk has crashed. */
  async go(): Promise<void> {
    try {
      for (let beat = (await this.#open()) + 1; beat <= beats; beat++) {
        this.#stores.before(beat);
        await microtasks(25);
        this.#stores.after(beat);
        await this.#commit(beat);
        await microtasks(25);
      }
      await this.#checkpoints.close();
    } catch (error) {
      if (!isCrash(error)) throw error;
    }
  }

  /** Opens, takes nothing, closes. */
  async restore(): Promise<{ readonly id: number; readonly state: string }> {
    const id = await this.#open();
    await this.#checkpoints.close();
    return { id, state: this.#stores.state() };
  }

  async #open(): Promise<number> {
    const checkpoint = await this.#checkpoints.open((store, key, value) =>
      this.#stores.all.get(store)!.apply(key, value),
    );
    this.restored = this.acknowledged = checkpoint?.id ?? 0;
    return this.restored;
  }

  async #commit(id: number): Promise<void> {
    const checkpoint = { id, sources: { in: { p: id * 10 } }, sinks: { out: null }, versions: { count: "1" } };
    await this.#checkpoints.commit(checkpoint, collectAll(this.#stores.all), this.#stores.all);
    this.acknowledged = id;
  }
}

/** Whether it comes of a crash of the simulated disk. */
function isCrash(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === "ECRASHED" || (cause !== undefined && isCrash(cause));
}
