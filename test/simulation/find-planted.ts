import { SimulationFailure, simulate } from "../../src/testing/index.ts";
import type { Planted } from "./planted.ts";

/** After how many seeds from 1 on a planted bug is found; undefined when `seedsMax` were not enough, or something else was found. */
export async function seedsUntilFound({ options, finding }: Planted, seedsMax: number): Promise<number | undefined> {
  for (let seed = 1; seed <= seedsMax; seed++) {
    try {
      await simulate({ ...options, seed });
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error;
      if (finding.test(error.message)) return seed;
      throw error;
    }
  }
  return undefined;
}
