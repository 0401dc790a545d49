import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { scanKernelModule } from "./scan-kernel.ts";

it("keeps the compiled kernel in step with its source", async () => {
  const kept = readFileSync(new URL("../src/codecs/json/scan-kernel-module.ts", import.meta.url), "utf8");
  expect(await scanKernelModule()).toBe(kept);
});
