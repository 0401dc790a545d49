import type { Disk } from "../core/disk.ts";
import type { CheckpointStore } from "../core/state.ts";
import type { Pipeline } from "../stream/pipeline.ts";
import type { OutputOrder } from "./compare-outputs.ts";
import type { FaultKind } from "./simulate-faults.ts";
import type { World } from "./world.ts";

/** What is simulated, and what is asked of it. */
export interface SimulateOptions {
  /** Names it in what a failure says. */
  readonly name?: string | undefined;
  /** Builds the pipeline with its sources and sinks; called once for each run, however often that is started again. */
  readonly pipeline: (world: World) => Pipeline;
  /** What gives the right output, undisturbed; `pipeline` itself unless told. */
  readonly reference?: ((world: World) => Pipeline) | undefined;
  /** By sink id or path: which order its output has to keep; all of it unless told. */
  readonly order?: Readonly<Record<string, OutputOrder>> | undefined;
  /** The most that figures of steps may come to: `{ "calls.inFlight": 4 }`. */
  readonly bounds?: Readonly<Record<string, number>> | undefined;
  /** What is never to happen. Everything may unless told. */
  readonly without?: readonly FaultKind[] | undefined;
  /** A store of checkpoints that outlives processes; a state folder on the simulated disk unless told. */
  readonly checkpoints?: ((world: World) => CheckpointStore) | undefined;
  /** What stands between the pipeline and the simulated disk. */
  readonly disk?: ((disk: Disk) => Disk) | undefined;
  /** How much virtual time a process may take, in milliseconds; an hour unless told. */
  readonly limitMs?: number | undefined;
  /** Gets a line for everything that happens. */
  readonly onTrace?: ((line: string) => void) | undefined;
}
