// What every npm script goes through: installs and builds what is missing, then runs the wanted thing on the Node that
// the project brings along. `node tools/run.mjs TASK|FILE [ARGUMENT]...`
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { build } from "./build.mjs";
import { install, installingVariable, linkCommand } from "./install.mjs";
import { has, ownNode, root, script } from "./node.mjs";

/** What each task needs first, and the script that it then runs, if any, before the arguments given. */
const tasks = {
  start: { needs: ready, script: () => [join(root, "bin", "millrace.mjs"), "demo"] },
  test: { needs: install, script: () => [join(root, "tools", "verify.ts")] },
  build: { needs: ready },
  lint: { needs: install, script: () => [script("@biomejs/biome", "biome"), "check"] },
  check: { needs: install, script: () => [script("typescript", "tsc"), "--noEmit", "-p", "tsconfig.json"] },
  tidy: { needs: install, script: () => [join(root, "tools", "tidy.ts")] },
  prepare: { needs: prepare },
};

async function ready() {
  await install();
  await make();
}

/** Builds what changed; throws an Error with text for people when the sources do not compile. */
async function make() {
  linkCommand();
  if (!(await build())) throw new Error("the sources do not compile (see above)");
}

/**
 * npm's own hook after an install in a checkout, and before packing. Without the development dependencies there is nothing
 * to build with; sources that do not compile are told, and keep only a package from being made of them.
 */
async function prepare() {
  const house = process.env[installingVariable] !== undefined;
  if (house || !has("typescript") || !existsSync(ownNode)) return;
  await make().catch((error) => {
    if (process.env.npm_command === "pack" || process.env.npm_command === "publish") throw error;
    process.stderr.write(`millrace: ${error.message}\n`);
  });
}

/**
 * The task of that name; or one that runs a file of the project: tools and tests with the sources behind `millrace`, as
 * they are, everything else, such as `bench/main.ts`, with the build, as users have it.
 */
function taskOf(name) {
  if (Object.hasOwn(tasks, name)) return tasks[name];
  if (!existsSync(join(root, name))) throw new Error(`there is no task and no file "${name}"`);
  if (!/^(tools|test)\//.test(name)) return { needs: ready, script: () => [join(root, name)] };
  return { needs: install, script: () => ["--conditions=millrace-source", join(root, name)] };
}

/** Runs a script on the project's Node and resolves to its exit code. A signal that ends this process ends that one first. */
function run(args) {
  const child = spawn(ownNode, args, { cwd: root, stdio: "inherit" });
  // A terminal sends SIGINT to the child as well: to wait for it is all there is to do.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

const [name = "start", ...args] = process.argv.slice(2);
try {
  const task = taskOf(name);
  await task.needs();
  if (task.script !== undefined) process.exitCode = await run([...task.script(), ...args]);
} catch (error) {
  process.stderr.write(`millrace: ${error.message}\n`);
  process.exitCode = 1;
}
