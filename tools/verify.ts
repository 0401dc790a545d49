/**
 * What `npm test` runs: lint, types, and every test. Tidy is one of them, and the runner builds before the first. The last
 * line counts the tests, from the runner's own report. Arguments go to the runner: `npm test -- src/time`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, script } from "./node.mjs";
import { countTests, type RunnerReport } from "./test-count.ts";

/** What any one part may take. */
const minutesMax = 20;

async function verify(): Promise<number> {
  const failed: string[] = [];
  if (!(await runs(script("@biomejs/biome", "biome"), "check", "--error-on-warnings"))) failed.push("lint");
  if (!(await runs(script("typescript", "tsc"), "--noEmit", "-p", "tsconfig.json"))) failed.push("types");
  const count = await tests(process.argv.slice(2));
  if (count === undefined || count.failed > 0 || !count.sound) failed.push("tests");
  if (failed.length > 0) process.stdout.write(`failed: ${failed.join(", ")}\n`);
  process.stdout.write(count === undefined ? "tests: the runner left no report\n" : `${count.line}\n`);
  return failed.length === 0 ? 0 : 1;
}

async function tests(args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-tests-"));
  const reportFile = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
    const sound = await runs(script("vitest"), "run", ...reporters, ...args);
    const report = JSON.parse(readFileSync(reportFile, "utf8")) as RunnerReport;
    return { ...countTests(report), sound };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the script ends well. A test that spins for ever stops the runner's own timers too: this one ends it. */
function runs(...args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
    const limit = setTimeout(() => {
      process.stdout.write(`still running after ${minutesMax} minutes: ended\n`);
      child.kill("SIGKILL");
    }, minutesMax * 60_000);
    child.on("error", () => resolve(false));
    child.on("close", (code) => {
      clearTimeout(limit);
      resolve(code === 0);
    });
  });
}

process.exitCode = await verify();
