import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Suites of a minute, mostly spent waiting for a group's sessions. */
const long = /\/test\/kafka\/group-/;
const longish = /\/(test\/(kafka|security)|systems)\//;

function rank({ moduleId }: TestSpecification): number {
  if (long.test(moduleId)) return 0;
  return longish.test(moduleId) ? 1 : 2;
}

/** Lets the longest test files begin first, so that none of them runs on alone at the end. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
