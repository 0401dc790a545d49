import type { Random } from "../core/random.ts";
import type { Survival } from "./sim-disk.ts";

/**
 * What may happen to a simulated pipeline:
 * - `crash`: the process dies at an operation; the disk keeps all, some or none of what was not synced.
 * - `stop`: it is stopped cleanly, as SIGTERM does, and started again.
 * - `ioError`: an operation of the disk, a source or a sink, or a call, fails; some syncs fail for good.
 * - `fullDisk`: the disk is full for a while.
 * - `stall`: an operation takes seconds instead of milliseconds.
 * - `recut`: sources hand their records on in batches of other sizes.
 * - `clockJump`: wall time jumps by up to a day, either way.
 */
export type FaultKind = "crash" | "stop" | "ioError" | "fullDisk" | "stall" | "recut" | "clockJump";

/** What happens to one process, from its start to its end. Operations are counted from 1. */
export interface StartFaults {
  readonly crashAt?: number | undefined;
  readonly survival?: Survival | undefined;
  readonly stopAt?: number | undefined;
  /** The share of operations that fail. */
  readonly errorRate?: number | undefined;
  readonly fullDiskAt?: number | undefined;
  readonly jumpAt?: number | undefined;
  readonly stalls?: boolean | undefined;
  readonly recut?: boolean | undefined;
  /** After a failure the machine goes down too, before the next start. */
  readonly powerLoss?: boolean | undefined;
}

const startsMax = 6;
const survivals: readonly Survival[] = ["nothing", "everything", "random"];

/**
 * Draws what happens to the processes of a run, one after another; after the last one listed nothing does. `operations` is how
 * many an undisturbed run takes.
 */
export function drawFaults(random: Random, operations: number, off: ReadonlySet<FaultKind>): StartFaults[] {
  const starts: StartFaults[] = [];
  for (let count = 1 + random.below(startsMax); count > 0; count--) starts.push(drawStart(random, operations, off));
  return starts;
}

function drawStart(random: Random, operations: number, off: ReadonlySet<FaultKind>): StartFaults {
  /** Draws always, so that leaving a kind out changes nothing else. */
  const at = (kind: FaultKind, chance: number) => {
    const drawn = random.next() < chance;
    // One in three soon, while what was there is being restored.
    const place = 1 + random.below(random.below(3) === 0 ? 60 : operations);
    return drawn && !off.has(kind) ? place : undefined;
  };
  const errorRate = random.next() < 0.3 ? random.next() * 0.01 : 0;
  return {
    crashAt: at("crash", 0.75),
    survival: survivals[random.below(survivals.length)],
    stopAt: at("stop", 0.2),
    errorRate: off.has("ioError") ? 0 : errorRate,
    fullDiskAt: at("fullDisk", 0.15),
    jumpAt: at("clockJump", 0.2),
    stalls: at("stall", 0.5) !== undefined,
    recut: at("recut", 0.8) !== undefined,
    powerLoss: random.next() < 0.5,
  };
}
