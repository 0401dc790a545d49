// Lets objects survive for a while, as a long run does, and prints how much memory V8 has taken by then, in MiB: for the
// young generation, and for the old at its most. With an argument it is bounded.
import { getHeapSpaceStatistics } from "node:v8";
import { systemClock } from "../core/clock.ts";
import { boundHeapGrowth } from "./heap-growth.ts";

const mib = (name: string) => getHeapSpaceStatistics().find((space) => space.space_name === name)!.space_size / 2 ** 20;
if (process.argv[2] !== undefined) boundHeapGrowth();
const kept: { readonly at: number; readonly text: string }[] = [];
let oldMax = 0;
for (let made = 0; made < 6_000_000; ) {
  for (let n = 0; n < 20_000; n++) kept[made++ % 200_000] = { at: made, text: `survivor ${made}` };
  oldMax = Math.max(oldMax, mib("old_space"));
  await systemClock.turn();
}
process.stdout.write(JSON.stringify({ young: mib("new_space"), old: oldMax }));
