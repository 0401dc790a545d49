import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { rolldown } from "rolldown";
import { root } from "./node.mjs";

/** What stands outside of the library, and is run, not imported. */
const programs = ["cli", "systems", "console"];

/**
 * Joins the compiled files of the command into few: each file that is loaded costs a start half a millisecond, and there
 * are hundreds. What others import (`src`) stays as it is. A module that speaks of its own place (`import.meta`), because it
 * is started as a process, stays a file of its own, though at another place. Packages stay outside. Takes the folder of a
 * fresh build.
 */
export async function bundle(dist) {
  const places = programs.flatMap((part) => modulesIn(join(dist, part)));
  const entries = places.filter((path) => path === join(dist, "cli", "main.js") || speaksOfItsPlace(path));
  const made = await rolldown({
    input: Object.fromEntries(entries.map((path) => [relative(dist, path).replace(/\.js$/, ""), path])),
    platform: "node",
    plugins: [{ name: "own package", resolveId: (source) => ownModule(dist, source) }],
    external: (source) => /^[\w@]/.test(source) && !isOwn(source),
  });
  const joined = join(dist, "joined");
  await made.write({ dir: joined, format: "esm", chunkFileNames: "cli/parts/[name]-[hash].js" });
  await made.close();
  for (const part of programs) rmSync(join(dist, part), { recursive: true, force: true });
  for (const part of readdirSync(joined)) renameSync(join(joined, part), join(dist, part));
  rmSync(joined, { recursive: true });
}

function modulesIn(folder) {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true });
  return paths.filter((entry) => /\.js$/.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
}

function speaksOfItsPlace(path) {
  return /\bimport\.meta\.(url|main|dirname|filename)\b/.test(readFileSync(path, "utf8"));
}

function isOwn(source) {
  return source === "millrace" || source.startsWith("millrace/");
}

/** What an import from the own package means in a build that is not in place yet. */
function ownModule(dist, source) {
  if (!isOwn(source)) return null;
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return join(dist, exports[`.${source.slice("millrace".length)}`].default.replace("./dist/", ""));
}
