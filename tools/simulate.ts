// Simulates the plans of test/simulation under many seeds: `node --conditions=millrace-source tools/simulate.ts
// [--plan NAME] [--seed FIRST] [--seeds COUNT] [--trace]`. Prints a line a plan; ends with 1 at a seed that fails.
// With `--planted`, prints instead after how many seeds each of the bugs planted there is found.
import { parseArgs } from "node:util";
import { SimulationFailure, simulate } from "../src/testing/index.ts";
import { seedsUntilFound } from "../test/simulation/find-planted.ts";
import { plans } from "../test/simulation/plans.ts";
import { planted } from "../test/simulation/planted.ts";

const { values } = parseArgs({
  options: {
    plan: { type: "string" },
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1000" },
    trace: { type: "boolean", default: false },
    planted: { type: "boolean", default: false },
  },
});

/** Simulates one plan under seeds from `first` on; true when all went well. */
async function simulatePlan(name: string, first: number, count: number): Promise<boolean> {
  const began = performance.now();
  const sums = { starts: 0, crashes: 0, failures: 0, stops: 0, operations: 0 };
  const onTrace = values.trace ? (line: string) => console.log(line) : undefined;
  for (let seed = first; seed < first + count; seed++) {
    try {
      const report = await simulate({ ...plans[name]!, seed, onTrace });
      for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += report[key];
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error;
      console.log(`${error.message}\n  ${error.trace.join("\n  ")}`);
      console.log(
        `again: node --conditions=millrace-source tools/simulate.ts --plan ${name} --seed ${seed} --seeds 1 --trace`,
      );
      return false;
    }
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const { starts, crashes, failures, stops, operations } = sums;
  console.log(
    `${name}: seeds ${first} to ${first + count - 1} in ${seconds} s, ${starts} starts, ` +
      `${crashes} crashes, ${failures} failures, ${stops} stops, ${operations} places to die at: all well`,
  );
  return true;
}

/** Prints after how many seeds each planted bug is found. */
async function findPlanted(): Promise<void> {
  for (const [name, bug] of Object.entries(planted)) {
    const seeds = await seedsUntilFound(bug, Number(values.seeds));
    console.log(`${name}: ${seeds === undefined ? "not found" : `found at seed ${seeds}`}`);
    if (seeds === undefined) process.exitCode = 1;
  }
}

/** Simulates the plans asked for. */
async function simulatePlans(): Promise<void> {
  for (const name of values.plan === undefined ? Object.keys(plans) : [values.plan]) {
    if (!Object.hasOwn(plans, name)) {
      throw new Error(`there is no plan "${name}"; there are ${Object.keys(plans).join(", ")}`);
    }
    if (!(await simulatePlan(name, Number(values.seed), Number(values.seeds)))) process.exitCode = 1;
  }
}

await (values.planted ? findPlanted() : simulatePlans());
