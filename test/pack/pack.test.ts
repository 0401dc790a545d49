/** The package as a user gets it: packed, installed into an empty project, type-checked against, run. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, script } from "../../tools/node.mjs";

const project = mkdtempSync(join(tmpdir(), "millrace-pack-"));
const installed = join(project, "node_modules");
const manifest = readManifest(root);

/** What all that a user installs may weigh, Millrace included. */
const installBytesMax = 6 * 1024 * 1024;

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Runs a command in the project and gives what it prints; npm runs on this very Node, not on the machine's. */
async function run(command: string, args: readonly string[], cwd = project): Promise<string> {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const given = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_(registry|cache|userconfig|cafile))|VITEST|NODE_OPTIONS)/i.test(name),
  );
  const { stdout } = await promisify(execFile)(command, args, {
    cwd,
    env: { ...Object.fromEntries(given), PATH: path },
  });
  return stdout;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

beforeAll(async () => {
  const packed = JSON.parse(await run("npm", ["pack", "--json", "--silent", "--pack-destination", project], root));
  const settings = {
    compilerOptions: {
      strict: true,
      target: "es2024",
      module: "nodenext",
      noEmit: true,
      exactOptionalPropertyTypes: true,
      typeRoots: [join(root, "node_modules", "@types")],
      types: ["node"],
    },
    files: ["main.ts"],
  };
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(settings));
  copyFileSync(fileURLToPath(new URL("./pages-by-minute.ts", import.meta.url)), join(project, "main.ts"));
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", join(project, packed[0].filename)]);
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

test("a pipeline in ten lines type-checks against the package, its declarations included", async () => {
  await run(process.execPath, [script("typescript", "tsc"), "-p", "."]).catch((error) => expect.fail(error.stdout));
});

test("the pipeline runs", async () => {
  const results: [string, number][] = JSON.parse(await run(process.execPath, ["main.ts"]));
  expect(results.toSorted()).toEqual([
    ["/", 1],
    ["/", 2],
    ["/about", 1],
    ["/about", 1],
  ]);
});

test("every entry can be imported, or names the optional package that it is for", async () => {
  const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith(".json"));
  const code = `
    const ends = {};
    for (const name of ${JSON.stringify(entries.map((entry) => `millrace${entry.slice(1)}`))}) {
      ends[name] = await import(name).then((all) => Object.keys(all).length > 0, (error) => error.message);
    }
    console.log(JSON.stringify(ends));
  `;
  const ends: Record<string, unknown> = JSON.parse(
    await run(process.execPath, ["--input-type=module", "--eval", code]),
  );
  expect(ends).toMatchObject({ millrace: true, "millrace/testing": true, "millrace/file": true });
  const optional = Object.keys(manifest.peerDependencies ?? {});
  const broken = Object.entries(ends).filter(
    ([, end]) => end !== true && !optional.some((name) => String(end).includes(`'${name}'`)),
  );
  expect(broken).toEqual([]);
});

test("the millrace command runs", async () => {
  expect((await run("npx", ["--no-install", "millrace", "--version"])).trim()).toBe(manifest.version);
  expect(await run("npx", ["--no-install", "millrace", "--help"])).toContain("unique-users");
});

test("it holds what is run and its declarations, not sources, tests or tools", () => {
  const own = join(installed, "millrace");
  const paths = filesUnder(own).map((path) => path.slice(own.length + 1));
  const odd = paths.filter((path) => !/^(package\.json|LICENSE|README\.md|bin\/millrace\.mjs|dist\/.+)$/.test(path));
  expect(odd).toEqual([]);
  expect(paths.filter((path) => /\.test\.|fixture|test-kit|(?<!\.d)\.ts$/.test(path))).toEqual([]);
});

test("the install is small, and runs no scripts", () => {
  const files = filesUnder(installed);
  expect(files.reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(installBytesMax);
  const hooks = files
    .filter((path) => path.endsWith("package.json"))
    .filter((path) => /"(pre|post)?install"\s*:/.test(JSON.stringify(readScripts(path))));
  expect(hooks).toEqual([]);
  expect(files.filter((path) => path.endsWith("binding.gyp"))).toEqual([]);
});

function readScripts(path: string): unknown {
  return (JSON.parse(readFileSync(path, "utf8")) as Manifest).scripts ?? {};
}
