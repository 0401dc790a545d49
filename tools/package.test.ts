import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./node.mjs";

interface LockedPackage {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly version?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync(join(root, "package-lock.json"), "utf8"),
);
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const packages = Object.entries(lock.packages).filter(([path]) => path !== "");

/** `node_modules/@scope/name` of whatever depth as `@scope/name`. */
const nameOf = (path: string) => path.replace(/^.*node_modules\//, "");

test("the lock file holds a checksum of every package and the address of none", () => {
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(([, one]) => one.resolved !== undefined)).toEqual([]);
  expect(packages.filter(([, one]) => !one.integrity?.startsWith("sha512-")).map(([path]) => path)).toEqual([]);
});

test("the lock file holds the binaries of all platforms, or `npm ci` would refuse it", () => {
  const held = new Set(packages.map(([path]) => nameOf(path)));
  const wanted = packages.flatMap(([, one]) => Object.keys(one.optionalDependencies ?? {}));
  expect(wanted.length).toBeGreaterThan(20);
  expect(wanted.filter((name) => !held.has(name))).toEqual([]);
});

test("versions are exact", () => {
  const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(ranges.filter(([, version]) => !/^\d+\.\d+\.\d+(-r\.\d+)?$/.test(String(version)))).toEqual([]);
});

test("install scripts are approved one by one, and nothing that users install has one", () => {
  const scripted = packages.filter(([, one]) => one.hasInstallScript === true && one.optional !== true);
  expect(scripted.map(([path]) => nameOf(path)).filter((name) => manifest.allowScripts[name] !== true)).toEqual([]);
  expect(scripted.filter(([, one]) => one.dev !== true && one.devOptional !== true)).toEqual([]);
});

test("every dependency has its row in the documentation", () => {
  const rows = readFileSync(join(root, "docs", "dependencies.md"), "utf8").split("\n");
  const named = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.devDependencies };
  const missing = Object.keys(named).filter((name) => !rows.some((row) => row.startsWith(`| \`${name}\``)));
  expect(missing).toEqual([]);
});

test("every npm script runs a task of the house, or a file that is there", () => {
  const house = readFileSync(join(root, "tools", "run.mjs"), "utf8");
  const targets = Object.values<string>(manifest.scripts).map(
    (command) => /^node tools\/run\.mjs (\S+)$/.exec(command)?.[1],
  );
  const lost = targets.filter(
    (target) => target === undefined || !(house.includes(`  ${target}: {`) || existsSync(join(root, target))),
  );
  expect(lost).toEqual([]);
});
