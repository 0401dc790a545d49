import fc from "fast-check";
import type { Frame } from "./partition-oracle.ts";

const anyFrame = fc.record({
  step: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: -4, max: 6 }) }, fc.integer({ min: -60, max: 40 })),
  user: fc.constantFrom("u", "v", "w", "x", "5"),
  n: fc.integer({ min: -3, max: 9 }),
});

/** Frames whose times go on, with disorder in it; a partition may begin an hour behind the others, or have none. */
const anyPartition = fc
  .tuple(fc.constantFrom(0, 0, 0, 37, -3600), fc.array(anyFrame, { maxLength: 60, size: "max" }))
  .map(([start, steps]) => {
    let now = 1000 + start;
    return steps.map(({ step, user, n }): Frame => {
      if (step > 0) now += step;
      return { ts: step > 0 ? now : now + step, user, n };
    });
  });

/** The input of a mesh. */
export const anyPartitions: fc.Arbitrary<readonly (readonly Frame[])[]> = fc.array(anyPartition, {
  minLength: 2,
  maxLength: 5,
});

/** Any text of what is compared without its order. */
export function texts(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}
