// Lets objects survive for a while, as a long run does, and prints how large the young generation is then, in MiB. With an
// argument it is bounded.
import { getHeapSpaceStatistics } from "node:v8";
import { systemClock } from "../core/clock.ts";
import { boundYoungGeneration } from "./young-generation.ts";

const youngMiB = () =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")!.space_size / 2 ** 20;
const watch = process.argv[2] === undefined ? undefined : boundYoungGeneration(systemClock);
const kept: { readonly at: number; readonly text: string }[] = [];
let made = 0;
async function survive(rounds: number, each: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < each; n++) kept[made++ % 20_000] = { at: made, text: `survivor ${made}` };
    await systemClock.turn();
  }
}
// First gently, until it has grown to where the bound is, or would be; the watch looks in the meantime.
while (youngMiB() < 32) await survive(1, 20_000);
const seen = Promise.withResolvers<void>();
systemClock.timer(600, seen.resolve);
await seen.promise;
await survive(400, 40_000);
watch?.cancel();
process.stdout.write(String(youngMiB()));
