/**
 * Differential fuzzing of the JSON decoders against `JSON.parse`.
 *
 *   node tools/fuzz-json.ts [--records 1000000] [--seed 1]     tries that many records; each has a seed of its own
 *   node tools/fuzz-json.ts --records 1 --seed N               tries the record of seed N again
 *   node tools/fuzz-json.ts --hex 7b7d                         tries these bytes
 *
 * Ends with exit code 1 at the first mismatch, with the seed and the bytes to try again.
 */
import { parseArgs } from "node:util";
import { seededRandom } from "../src/core/random.ts";
import { JsonLaws } from "./fuzz-json/laws.ts";

const PROGRESS_RECORDS = 100_000;

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    hex: { type: "string" },
  },
});

const laws = new JsonLaws();
if (values.hex === undefined) fuzz(wholeNumber("records"), wholeNumber("seed"));
else attempt(1, () => laws.try(Buffer.from(values.hex!, "hex"), seededRandom(1)));

function fuzz(records: number, firstSeed: number): void {
  let json = 0;
  let taken = 0;
  for (let done = 1; done <= records; done++) {
    const seed = firstSeed + done - 1;
    const outcome = attempt(seed, () => laws.tryNext(seededRandom(seed)));
    if (outcome.isJson) json++;
    if (outcome.isTaken) taken++;
    if (done % PROGRESS_RECORDS === 0 || done === records) {
      console.log(`${done} records: ${json} JSON objects, ${taken} decoded, 0 mismatches`);
    }
  }
}

function attempt<T>(seed: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    console.error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    console.error(`again: node tools/fuzz-json.ts --records 1 --seed ${seed}`);
    process.exit(1);
  }
}

function wholeNumber(option: "records" | "seed"): number {
  const value = Number(values[option]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`--${option} takes a whole number, not ${values[option]}`);
  process.exit(2);
}
