import type { Random } from "../core/random.ts";

/** The name of an operation of `SimDisk`: of the disk, or of a file, then with `file.` before it. */
export type DiskOperation =
  | "open"
  | "rename"
  | "remove"
  | "makeFolder"
  | "list"
  | "syncFolder"
  | "stat"
  | "lock"
  | "unlock"
  | `file.${"read" | "write" | "sync" | "truncate" | "stat" | "close"}`;

/** How a simulated disk is set. */
export interface SimDiskOptions {
  /** Decides what survives a crash by chance, and nothing else. */
  readonly random: Random;
  /** The unit that survives or is lost. Default 512. */
  readonly sectorBytes?: number | undefined;
  /** With more than this in its files, a write fails with ENOSPC, having written what fits. May be changed on the disk. Default: no bound. */
  readonly capacityBytes?: number | undefined;
  /** Awaited at the start of each operation: what a simulation orders events by. Default: nothing, so that operations take microtasks only. */
  readonly yield?: (() => Promise<void>) | undefined;
  /**
   * Called for each operation, counted from 1, with `done` false before its effect and true after. It may call `crash`,
   * and then the operation rejects; what it throws is what the operation fails with.
   */
  readonly onOperation?: ((n: number, name: DiskOperation, path: string, done: boolean) => void) | undefined;
}
