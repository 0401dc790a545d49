import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import LongestFirst from "./test/longest-first.ts";

export default defineConfig({
  resolve: { conditions: ["millrace-source"] },
  ssr: { resolve: { conditions: ["millrace-source"] } },
  test: {
    globalSetup: [fileURLToPath(new URL("./test/built.ts", import.meta.url))],
    setupFiles: [fileURLToPath(new URL("./test/property-seed.ts", import.meta.url))],
    include: ["{src,systems,console,cli,test,tools,docs}/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    sequence: { sequencer: LongestFirst },
    // One more than the cores that we count on: the suites with a broker mostly wait.
    maxWorkers: 3,
  },
});
