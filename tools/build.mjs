import { spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join, relative } from "node:path";
import { ownNode, root, script } from "./node.mjs";

const dist = join(root, "dist");
const parts = ["src", "systems", "console", "cli"];
const settings = ["tsconfig.json", "tsconfig.build.json", "package.json"];

/** Compiles the sources into `dist` unless it is newer than all of them. Resolves to whether the sources were sound. */
export async function build() {
  const sources = parts.flatMap((part) => under(join(root, part)));
  const read = [...sources, ...settings.map((name) => join(root, name))];
  const newest = Math.ceil(Math.max(...read.map((path) => statSync(path).mtimeMs)));
  if (existsSync(dist) && statSync(dist).mtimeMs >= newest) return true;
  process.stderr.write("millrace: building\n");
  const fresh = join(root, "node_modules", `.build-${process.pid}`);
  try {
    if ((await compile(fresh)) !== 0 || !existsSync(fresh)) return false;
    const { bundle } = await import("./bundle.mjs");
    await bundle(fresh);
    for (const path of sources) if (isAsset(path)) cpSync(path, join(fresh, relative(root, path)));
    utimesSync(fresh, newest / 1000, newest / 1000);
    replace(fresh);
    return true;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** All that lies under a folder, itself and the folders included: a folder's time tells of files that are gone. */
function under(folder) {
  if (!existsSync(folder)) return [];
  const inside = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? under(path) : [path];
  });
  return [folder, ...inside];
}

/** Whether it goes into the build as it is: pages, styles, modules of WebAssembly. */
function isAsset(path) {
  return !/\.(ts|md)$/.test(path) && statSync(path).isFile();
}

function compile(outDir) {
  return new Promise((resolve) => {
    const child = spawn(
      ownNode,
      [script("typescript", "tsc"), "-p", join(root, "tsconfig.build.json"), "--outDir", outDir],
      {
        cwd: root,
        stdio: "inherit",
      },
    );
    child.on("error", () => resolve(1));
    child.on("close", resolve);
  });
}

/** Puts the new build in place in two renames, so that a program started meanwhile finds the old or the new, hardly ever none. */
function replace(fresh) {
  const old = `${fresh}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}
