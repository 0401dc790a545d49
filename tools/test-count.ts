/** What we read of the report that the test runner writes (its JSON reporter). */
export interface RunnerReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** How the tests went, and the line that says so. */
export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly line: string;
}

/** Counts the tests of a report. A file that failed before any of its tests could counts as one failed test. */
export function countTests(report: RunnerReport): TestCount {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const file of report.testResults) {
    const states = file.assertionResults.map((test) => test.status);
    const failures = states.filter((state) => state === "failed").length;
    passed += states.filter((state) => state === "passed").length;
    failed += file.status === "failed" && failures === 0 ? 1 : failures;
    skipped += states.filter((state) => state !== "passed" && state !== "failed").length;
  }
  return { passed, failed, skipped, line: `tests: ${passed} passed, ${failed} failed, ${skipped} skipped` };
}
