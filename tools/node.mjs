// Plain JavaScript that Node 18 can run: a fresh clone has nothing but the machine's own Node.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's folder. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** The Node that the checkout brings along as a development dependency; everything runs on it. */
export const ownNode = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

/** The exact version of that Node, such as `"24.21.0"`, installed or not. */
export function ownNodeVersion() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.node;
}

/** The script behind a command of a development dependency: `script("vitest")`. Throws when the dependency is missing. */
export function script(dependency, command = dependency) {
  const folder = join(root, "node_modules", dependency);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bin === "string" ? bin : bin[command]);
}

/** Whether that dependency is installed. */
export function has(dependency) {
  return existsSync(join(root, "node_modules", dependency, "package.json"));
}
