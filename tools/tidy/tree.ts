import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { type Comment, parseSync } from "oxc-parser";
import { importsOf } from "./imports.ts";
import type { SyntaxNode } from "./syntax.ts";

/** What a rule has to say of a place. */
export interface Finding {
  /** Relative to the root, with forward slashes. */
  readonly file: string;
  readonly line: number;
  /** The rule's name: `"layers"`. */
  readonly rule: string;
  readonly message: string;
}

/** A thing that a file imports, in whatever way: statically, `import type`, dynamically, or as a worker's URL. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** The imported file of the tree, relative to the root; undefined for packages, and for files that are not there. */
  readonly file: string | undefined;
}

/** A source file, read and parsed. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
  readonly isTest: boolean;
  /** The line, from 1, of an offset into `text`. */
  lineAt(offset: number): number;
}

/** The sources that the rules look at, and what package.json says. */
export interface Tree {
  readonly root: string;
  readonly files: readonly SourceFile[];
  readonly manifest: Manifest;
  /** What could not be parsed. */
  readonly broken: readonly Finding[];
}

/** The parts of package.json that the rules need. */
export interface Manifest {
  readonly name?: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const folders = ["src", "systems", "console", "cli", "bin", "test", "bench", "tools", "docs"];

/** Reads all sources under `root`. A file that does not parse is a finding, and is otherwise left out. */
export function readTree(root: string): Tree {
  const manifestFile = join(root, "package.json");
  const manifest: Manifest = existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, "utf8")) : {};
  const files: SourceFile[] = [];
  const broken: Finding[] = [];
  for (const path of folders.flatMap((folder) => sourcesUnder(join(root, folder)))) {
    const name = relative(root, path).split(sep).join("/");
    const parsed = readSource(root, name, manifest);
    if ("rule" in parsed) broken.push(parsed);
    else files.push(parsed);
  }
  return { root, files, manifest, broken };
}

function sourcesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : sourcesUnder(path);
      return /\.(ts|mjs)$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [path] : [];
    });
}

function readSource(root: string, path: string, manifest: Manifest): SourceFile | Finding {
  const text = readFileSync(join(root, path), "utf8");
  const parsed = parseSync(path, text);
  const error = parsed.errors[0];
  if (error !== undefined) return { file: path, line: 1, rule: "syntax", message: error.message };
  const starts = lineStarts(text);
  const lineAt = (offset: number) => lineOf(starts, offset);
  const program = parsed.program as unknown as SyntaxNode;
  const imports = importsOf(program).map(({ specifier, offset }) => ({
    specifier,
    line: lineAt(offset),
    file: resolve(root, path, specifier, manifest),
  }));
  return {
    path,
    text,
    lines: starts.length - (text.endsWith("\n") ? 1 : 0),
    program,
    comments: parsed.comments,
    imports,
    isTest: isTestPath(path),
    lineAt,
  };
}

/** Tests, and what only tests use, may do more than production code: import anything, wait, be long. */
function isTestPath(path: string): boolean {
  return /^test\/|\.test\.ts$|fixture[^/]*\.ts$|\/test-kit\//.test(path);
}

function resolve(root: string, from: string, specifier: string, manifest: Manifest): string | undefined {
  if (specifier.startsWith(".")) {
    const target = join(root, dirname(from), specifier);
    if (!existsSync(target) || !statSync(target).isFile()) return undefined;
    return relative(root, target).split(sep).join("/");
  }
  return publicEntry(manifest, specifier);
}

/** The source behind `"millrace"` or `"millrace/testing"`, as `exports` in package.json has it. */
function publicEntry(manifest: Manifest, specifier: string): string | undefined {
  const name = manifest.name ?? "";
  if (specifier !== name && !specifier.startsWith(`${name}/`)) return undefined;
  const entry = manifest.exports?.[`.${specifier.slice(name.length)}`];
  return typeof entry === "object" ? entry["millrace-source"]?.replace("./", "") : undefined;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
