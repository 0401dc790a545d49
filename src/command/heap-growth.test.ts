import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const fixture = fileURLToPath(new URL("./heap-growth.fixture.ts", import.meta.url));

interface Sizes {
  readonly young: number;
  readonly old: number;
}

/**
 * The size of both generations, in MiB, after much has survived. When it is collected differs from run to run: of three, the old one in the
 * middle, and the smallest young one, whose pages are now and then given back late.
 */
function grown(...args: string[]): Sizes {
  const runs = [1, 2, 3].map(
    () =>
      JSON.parse(
        execFileSync(process.execPath, ["--conditions=millrace-source", fixture, ...args]).toString(),
      ) as Sizes,
  );
  const young = Math.min(...runs.map((run) => run.young));
  const old = runs.map((run) => run.old).sort((a, b) => a - b)[1]!;
  return { young, old };
}

test("the heap stays near what is in use, which on its own it does not", () => {
  const [free, bounded] = [grown(), grown("bounded")];
  expect(free.young).toBeGreaterThan(32);
  expect(bounded.young).toBeLessThanOrEqual(32);
  expect(bounded.old).toBeLessThan(0.7 * free.old);
});
