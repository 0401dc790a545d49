import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const fixture = fileURLToPath(new URL("./heap-growth.fixture.ts", import.meta.url));

interface Sizes {
  readonly young: number;
  readonly old: number;
}

/** The size of both generations, in MiB, after much has survived: when it is collected differs from run to run, so of three the one in the middle. */
function grown(...args: string[]): Sizes {
  const runs = [1, 2, 3].map(
    () =>
      JSON.parse(
        execFileSync(process.execPath, ["--conditions=millrace-source", fixture, ...args]).toString(),
      ) as Sizes,
  );
  const middle = (size: (run: Sizes) => number) => runs.map(size).sort((a, b) => a - b)[1]!;
  return { young: middle(({ young }) => young), old: middle(({ old }) => old) };
}

test("the heap stays near what is in use, which on its own it does not", () => {
  const [free, bounded] = [grown(), grown("bounded")];
  expect(free.young).toBeGreaterThan(64);
  // The pages of its halves come and go one by one.
  expect(bounded.young).toBeLessThan(48);
  expect(bounded.old).toBeLessThan(0.7 * free.old);
});
