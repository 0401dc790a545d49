import { child, children, dottedName, type SyntaxNode, stringOf, walk } from "./syntax.ts";
import type { Finding, SourceFile, Tree } from "./tree.ts";

const timers = ["setTimeout", "setInterval", "setImmediate"];

const banned = new Map<string, string>([
  ["Date.now", "ask a Clock"],
  ["performance.now", "ask a Clock"],
  ["process.hrtime", "ask a Clock"],
  ["process.hrtime.bigint", "ask a Clock"],
  ["Math.random", "ask a Random"],
  ...timers.map((name) => [name, "use Clock.timer"] as const),
  ...timers.map((name) => [`globalThis.${name}`, "use Clock.timer"] as const),
]);

/** Files that may look at the machine's time and set its timers: the clock itself, what talks to the world, and tools. */
const free = /^(src\/core\/clock\.ts|src\/connectors\/|bin\/|tools\/|bench\/|docs\/|test\/)/;

/** A line that holds this comment, or follows it, may do what is banned, and says why. */
const allowance = /\/\/ tidy: allowed, \S/;

/** Time and chance come from what a step is given, so that every run can be repeated: no calls of the machine's own. */
export function bannedCalls(tree: Tree): Finding[] {
  return tree.files.flatMap((file) => (file.isTest || free.test(file.path) ? [] : callsOf(file)));
}

function callsOf(file: SourceFile): Finding[] {
  const lines = file.text.split("\n");
  const findings: Finding[] = [];
  walk(file.program, (node) => {
    const message = wrong(node);
    if (message === undefined) return;
    const line = file.lineAt(node.start);
    if (allowance.test(lines[line - 1] ?? "") || allowance.test(lines[line - 2] ?? "")) return;
    findings.push({ file: file.path, line, rule: "banned", message });
  });
  return findings;
}

/** Any mention counts, a call or not: `const now = Date.now` is as bad. */
function wrong(node: SyntaxNode): string | undefined {
  if (node.type === "MemberExpression") return advise(dottedName(node));
  if (node.type === "CallExpression") return advise(bareName(child(node, "callee")));
  if (node.type === "ImportDeclaration") return importOfTimers(stringOf(child(node, "source")));
  if (node.type === "NewExpression" && dottedName(child(node, "callee")) === "Date") {
    return children(node, "arguments").length === 0 ? "new Date() reads the machine's time: ask a Clock" : undefined;
  }
  return undefined;
}

function bareName(callee: SyntaxNode | undefined): string | undefined {
  return callee?.type === "Identifier" ? dottedName(callee) : undefined;
}

function advise(name: string | undefined): string | undefined {
  const advice = name === undefined ? undefined : banned.get(name);
  return advice === undefined ? undefined : `${name}: ${advice}`;
}

function importOfTimers(source: string | undefined): string | undefined {
  return /^(node:)?timers(\/promises)?$/.test(source ?? "") ? `${source}: use a Clock` : undefined;
}
