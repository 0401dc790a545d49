import type { Finding, Tree } from "./tree.ts";

/** No file that nothing imports. Entry points are what package.json names; production code that only tests import is one too. */
export function orphans(tree: Tree): Finding[] {
  const used = entries(tree);
  const helpers = new Set(tree.files.filter((file) => file.isTest).map((file) => file.path));
  for (const file of tree.files) {
    for (const taken of file.imports) {
      if (taken.file === undefined || taken.file === file.path) continue;
      if (!file.isTest || helpers.has(taken.file)) used.add(taken.file);
    }
  }
  return tree.files
    .filter((file) => !used.has(file.path) && !file.path.endsWith(".test.ts"))
    .map((file) => ({ file: file.path, line: 1, rule: "orphans", message: "nothing imports this file" }));
}

/** Files that package.json names: exports, commands, and what its scripts run; the program's main file; what the test runner's settings name. */
function entries(tree: Tree): Set<string> {
  const { exports = {}, bin = {}, scripts = {} } = tree.manifest;
  const sources = Object.values(exports).flatMap((entry) =>
    typeof entry === "object" ? [entry["millrace-source"]] : [],
  );
  const ran = Object.values(scripts).flatMap((command) => command.split(/\s+/));
  const named = [...sources, ...Object.values(bin), ...ran].filter((path) => path !== undefined);
  return new Set([
    "cli/main.ts",
    "test/built.ts",
    "test/longest-first.ts",
    "test/property-seed.ts",
    "tools/tidy.ts",
    "tools/verify.ts",
    ...named.map((path) => path.replace(/^\.\//, "")),
  ]);
}
