import { seededRandom } from "../core/random.ts";
import { differences, replayDifferences } from "./compare-outputs.ts";
import type { MemorySink } from "./memory-sink.ts";
import type { Survival } from "./sim-disk.ts";
import { drawFaults, type StartFaults } from "./simulate-faults.ts";
import type { SimulateOptions } from "./simulate-options.ts";
import type { Outputs } from "./simulate-outputs.ts";
import { SimulatedRun } from "./simulate-run.ts";
import { SimulationFailure } from "./simulation-failure.ts";

/** What a simulated run came to. */
export interface SimulationReport {
  readonly seed: number;
  /** Processes started, and how those that did not come to the end of the input went. */
  readonly starts: number;
  readonly crashes: number;
  readonly failures: number;
  readonly stops: number;
  /** Places at which a process could have died. */
  readonly operations: number;
  readonly virtualMs: number;
  /** The same for each run of the seed: see `Trace`. */
  readonly hash: string;
  readonly outputs: Outputs;
}

/**
 * Runs a pipeline on a simulated disk and virtual time, kills it, starves it and starts it again as the seed says, and
 * compares its output with that of an undisturbed run: exactly-once sinks and files byte for byte, other sinks for what
 * they promise. Checks besides that no source is asked for what it was told is safe, that bounds hold, that the run fails
 * only when something was made to fail, and that it ends once nothing goes wrong any more.
 *
 * Rejects with a {@link SimulationFailure}. The same seed gives the same run, so a failure can be looked at again.
 * The pipeline must do no real I/O, and its functions must ask the world for time and chance.
 */
export async function simulate(options: SimulateOptions & { readonly seed: number }): Promise<SimulationReport> {
  const { seed } = options;
  const right = await undisturbed(options, seed);
  const faults = drawFaults(seededRandom(seed ^ 0xfa17), right.operations, new Set(options.without));
  return disturbed(options, seed, faults, right.outputs);
}

/** {@link simulate} with `count` seeds from `first` on, one after another; rejects at the first that fails. */
export async function simulateSeeds(
  options: SimulateOptions,
  first: number,
  count: number,
): Promise<SimulationReport[]> {
  const reports: SimulationReport[] = [];
  for (let seed = first; seed < first + count; seed++) reports.push(await simulate({ ...options, seed }));
  return reports;
}

/**
 * Runs a pipeline once for each place at which its process can die, and there once for each `survival`, starts it again, and
 * checks as {@link simulate} does. For small pipelines: it takes as many runs as an undisturbed one has operations, thrice.
 */
export async function simulateEveryCrash(
  options: SimulateOptions & { readonly seed: number },
): Promise<SimulationReport[]> {
  const right = await undisturbed(options, options.seed);
  const survivals: readonly Survival[] = ["nothing", "everything", "random"];
  const reports: SimulationReport[] = [];
  for (let crashAt = 1; crashAt <= right.operations; crashAt++) {
    for (const survival of survivals) {
      reports.push(await disturbed(options, options.seed, [{ crashAt, survival }], right.outputs));
    }
  }
  return reports;
}

interface Undisturbed {
  readonly outputs: Outputs;
  readonly operations: number;
}

async function undisturbed(options: SimulateOptions, seed: number): Promise<Undisturbed> {
  const { reference, pipeline, name } = options;
  const run = new SimulatedRun({ ...(name === undefined ? {} : { name }), pipeline }, reference ?? pipeline, seed);
  await run.toTheEnd([]);
  if (run.problems.length > 0)
    throw new SimulationFailure(name, seed, ["undisturbed:", ...run.problems], run.trace.tail);
  return { outputs: await run.outputs(), operations: run.operations };
}

async function disturbed(
  options: SimulateOptions,
  seed: number,
  faults: readonly StartFaults[],
  expected: Outputs,
): Promise<SimulationReport> {
  const run = new SimulatedRun(options, options.pipeline, seed);
  await run.toTheEnd(faults);
  await run.onceMore();
  const outputs = await run.outputs();
  const problems = run.problems.length > 0 ? run.problems : wrongOutputs(options, run, expected, outputs);
  if (problems.length > 0) throw new SimulationFailure(options.name, seed, problems, run.trace.tail);
  const { operations, clock, trace, counts } = run;
  return { seed, ...counts, operations, virtualMs: clock.monotonic(), hash: trace.hash, outputs };
}

function wrongOutputs(options: SimulateOptions, run: SimulatedRun, expected: Outputs, actual: Outputs): string[] {
  const problems: string[] = [];
  for (const name of new Set([...expected.keys(), ...actual.keys()])) {
    const order = options.order?.[name] ?? "kept";
    const [right, found] = [expected.get(name) ?? [], actual.get(name) ?? []];
    const step = run.plan.steps.find(({ id }) => id === name);
    const replays = step?.type === "sink" && step.sink.traits.delivery !== "exactly-once";
    const wrong = replays
      ? replayDifferences(right, found, order, run.lengthsAtStarts.get(name) ?? [0])
      : differences(right, found, order);
    for (const text of wrong) problems.push(`output "${name}": ${text}`);
    const { pendingRecordsPeak } = (step?.type === "sink" ? step.sink : {}) as Partial<MemorySink<unknown>>;
    const max = options.bounds?.[`${name}.pending`];
    if (max !== undefined && pendingRecordsPeak !== undefined && pendingRecordsPeak > max) {
      problems.push(`sink "${name}" got ${pendingRecordsPeak} values without being drained, more than ${max}`);
    }
  }
  return problems;
}
