import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const fixture = fileURLToPath(new URL("./heap-growth.fixture.ts", import.meta.url));

/** The size of both generations, in MiB, after much has survived. */
function grown(...args: string[]): { readonly young: number; readonly old: number } {
  return JSON.parse(execFileSync(process.execPath, ["--conditions=millrace-source", fixture, ...args]).toString());
}

test("the heap stays near what is in use, which on its own it does not", () => {
  const [free, bounded] = [grown(), grown("bounded")];
  expect(free.young).toBeGreaterThan(32);
  expect(bounded.young).toBeLessThanOrEqual(32);
  expect(bounded.old).toBeLessThan(0.7 * free.old);
});
