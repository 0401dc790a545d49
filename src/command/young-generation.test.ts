import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const fixture = fileURLToPath(new URL("./young-generation.fixture.ts", import.meta.url));

/** The size of the young generation, in MiB, after much has survived in it. */
function grown(...args: string[]): number {
  return Number(execFileSync(process.execPath, ["--conditions=millrace-source", fixture, ...args]).toString());
}

test("the young generation stops growing at 32 MB, which on its own it does not", () => {
  expect(grown()).toBeGreaterThan(32);
  expect(grown("bounded")).toBe(32);
});
