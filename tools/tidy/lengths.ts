import { child, nameOf, type SyntaxNode, walk } from "./syntax.ts";
import type { Finding, SourceFile, Tree } from "./tree.ts";

const fileLinesMax = 300;
const testLinesMax = 500;
const functionLinesMax = 60;

/** What is longer than it should be, by `"path"` or `"path#function"`, in lines. It may shrink, and nothing may join it. */
export type Ratchet = Readonly<Record<string, number>>;

interface Long {
  readonly key: string;
  readonly file: string;
  readonly line: number;
  readonly lines: number;
  readonly linesMax: number;
}

/** Files of at most 300 lines (tests 500), functions of at most 60 (in tests any), but for what the ratchet lists. */
export function lengths(tree: Tree, ratchet: Ratchet): Finding[] {
  const long = tree.files.flatMap(longParts);
  const known = new Map(long.map((part) => [part.key, part]));
  const findings = long.flatMap((part) => judge(part, ratchet[part.key]));
  for (const key of Object.keys(ratchet)) {
    if (!known.has(key)) findings.push(slack(key.split("#")[0]!, 1, `${key} is long no more`));
  }
  return findings;
}

/** The ratchet with what has shrunk made smaller and what is no longer long left out; it never grows. */
export function tightened(tree: Tree, ratchet: Ratchet): Ratchet {
  const long = new Map(tree.files.flatMap(longParts).map((part) => [part.key, part.lines]));
  const kept = Object.entries(ratchet).flatMap(([key, lines]) => {
    const now = long.get(key);
    return now === undefined ? [] : [[key, Math.min(lines, now)] as const];
  });
  return Object.fromEntries(kept);
}

function judge(part: Long, allowed: number | undefined): Finding[] {
  if (part.lines > (allowed ?? part.linesMax)) {
    const message = `${part.key} has ${part.lines} lines, more than ${allowed ?? part.linesMax}: split it`;
    return [{ file: part.file, line: part.line, rule: "length", message }];
  }
  return part.lines < allowed! ? [slack(part.file, part.line, `${part.key} has shrunk to ${part.lines} lines`)] : [];
}

function slack(file: string, line: number, what: string): Finding {
  return { file, line, rule: "length", message: `${what}: run \`npm run tidy -- --tighten\`` };
}

function longParts(file: SourceFile): Long[] {
  const linesMax = file.isTest ? testLinesMax : fileLinesMax;
  const whole: Long = { key: file.path, file: file.path, line: 1, lines: file.lines, linesMax };
  const parts = file.isTest ? [whole] : [whole, ...functionsOf(file)];
  return parts.filter((part) => part.lines > part.linesMax);
}

function functionsOf(file: SourceFile): Long[] {
  const found: Long[] = [];
  walk(file.program, (node, parent) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
    const line = file.lineAt(node.start);
    const lines = file.lineAt(node.end) - line + 1;
    const key = `${file.path}#${functionName(node, parent)}`;
    found.push({ key, file: file.path, line, lines, linesMax: functionLinesMax });
  });
  return found;
}

function functionName(node: SyntaxNode, parent: SyntaxNode | undefined): string {
  const named = child(node, "id") ?? (parent && (child(parent, "key") ?? child(parent, "id")));
  return nameOf(named) ?? "anonymous";
}
