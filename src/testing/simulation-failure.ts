/** What a simulated pipeline did wrong, and under which seed. */
export class SimulationFailure extends Error {
  readonly seed: number;
  readonly problems: readonly string[];
  /** The last things that happened, as `"<virtual ms> <what>"`. */
  readonly trace: readonly string[];

  constructor(name: string | undefined, seed: number, problems: readonly string[], trace: readonly string[]) {
    const what = name === undefined ? "simulation" : `simulation "${name}"`;
    super(`${what}, seed ${seed}: ${problems.join("; ")}. Run that seed again to see the same.`);
    this.name = "SimulationFailure";
    this.seed = seed;
    this.problems = problems;
    this.trace = trace;
  }
}
