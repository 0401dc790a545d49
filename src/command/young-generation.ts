import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import type { Clock, Timer } from "../core/clock.ts";

/** What the young generation may grow to, both of its halves: more makes a pipeline no faster. */
const bytesMax = 32 * 1024 * 1024;
const lookMs = 250;

/**
 * Keeps V8's young generation small: it doubles as objects survive, which in a process that runs for long they do sooner or
 * later, up to 128 MB here, and never shrinks while it is busy. Once it has reached 32 MB it is told to double no more. For the whole process, for
 * good; the watching ends with that, or with `cancel`.
 */
export function boundYoungGeneration(clock: Clock): Timer {
  const look = () => {
    const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
    if (young === undefined) return;
    if (young.space_size >= bytesMax) setFlagsFromString("--semi-space-growth-factor=1");
    else timer = clock.timer(lookMs, look);
  };
  let timer = clock.timer(lookMs, look);
  return { cancel: () => timer.cancel() };
}
