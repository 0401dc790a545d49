import { expect, test } from "vitest";
import { simulate, simulateSeeds } from "../../src/testing/index.ts";
import { plans } from "./plans.ts";

const given = process.env.MILLRACE_SEED;
/** `MILLRACE_SEED=123 npx vitest run test/simulation` looks at one seed; a failure names the seed. */
const [first, count] = given === undefined ? [1, 40] : [Number(given), 1];

test.each(Object.keys(plans))("%s comes out the same whatever happens to it", async (name) => {
  const reports = await simulateSeeds(plans[name]!, first, count);
  for (const { seed, hash } of reports.slice(0, 20)) {
    expect((await simulate({ ...plans[name]!, seed })).hash, `seed ${seed} run again`).toBe(hash);
  }
  if (given !== undefined) return;
  // Otherwise nothing has been tried.
  expect(new Set(reports.map(({ hash }) => hash)).size).toBe(count);
  expect(reports.filter(({ crashes }) => crashes > 0).length).toBeGreaterThan(count / 2);
  expect(reports.some(({ failures }) => failures > 0)).toBe(true);
  expect(reports.some(({ stops }) => stops > 0)).toBe(true);
});

test("the plan of windows has late, corrected, held and dead records", async () => {
  const { outputs } = await simulate({ ...plans.windows!, seed: first });
  const text = (path: string) => outputs.get(path)!.join("\n");
  expect(text("/windows.jsonl")).toContain('"update":true');
  expect(text("/late.jsonl")).toContain('"window"');
  expect(text("/dead.jsonl")).toContain("too far ahead");
  expect(text("/dead.jsonl")).toContain("not JSON");
});
