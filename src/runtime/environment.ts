import type { Clock } from "../core/clock.ts";
import type { Disk } from "../core/disk.ts";
import type { Meter } from "../core/meter.ts";
import type { Random } from "../core/random.ts";
import type { Cursor } from "./cursor.ts";
import type { Gate } from "./gate.ts";

/** What the steps of one running pipeline share. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly cursor: Cursor;
  readonly gate: Gate;
  readonly checkpointed: boolean;
  /** See `OperatorContext.waitedMs`. */
  waitedMs(): number;
  meterOf(step: string): Meter;
  /** Takes a refused record: counts it against its step and hands it to the dead letters, when there are any. */
  refuse(step: string, reason: string, detail: string | undefined): void;
  /** To be called when a step may have let records out that no source just gave: sinks then hold them back no longer than they must. */
  letOut(): void;
  /** Ends the pipeline: whatever was thrown becomes its error. */
  fail(thrown: unknown): void;
}
