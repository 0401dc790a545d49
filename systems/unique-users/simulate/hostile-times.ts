import type { Random } from "millrace";
import { hostileAheadSeconds } from "./options.ts";

/** A hostile time for a frame of `seconds`: always more than an hour ahead of it. Unix seconds, whole. */
export function hostileSeconds(seconds: number, random: Random): number {
  switch (random.below(4)) {
    case 0:
      return bitFlipped(seconds, random);
    case 1:
      return seconds * 1_000 + random.below(1_000);
    case 2:
      return seconds + 3_652 * 86_400 + random.below(86_400);
    default:
      return seconds + 2 * hostileAheadSeconds;
  }
}

/** One bit that was 0 turned to 1, of those that weigh more than an hour: the 13th to the 37th. */
function bitFlipped(seconds: number, random: Random): number {
  for (;;) {
    const weight = 2 ** (12 + random.below(25));
    if (Math.floor(seconds / weight) % 2 === 0) return seconds + weight;
  }
}
