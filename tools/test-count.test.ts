import { expect, test } from "vitest";
import { countTests } from "./test-count.ts";

const file = (status: string, ...states: string[]) => ({
  name: "some.test.ts",
  status,
  assertionResults: states.map((state) => ({ status: state })),
});

test("what neither passed nor failed was skipped", () => {
  const report = { testResults: [file("failed", "passed", "failed", "skipped"), file("passed", "passed", "todo")] };
  expect(countTests(report).line).toBe("tests: 2 passed, 1 failed, 2 skipped");
});

test("a file that could not be loaded counts as a failed test", () => {
  expect(countTests({ testResults: [file("failed"), file("passed", "passed")] })).toMatchObject({
    passed: 1,
    failed: 1,
  });
});
