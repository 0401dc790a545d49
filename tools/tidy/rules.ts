import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bannedCalls } from "./banned.ts";
import { cycles } from "./cycles.ts";
import { documented } from "./documented.ts";
import { layers } from "./layers.ts";
import { lengths, type Ratchet } from "./lengths.ts";
import { orphans } from "./orphans.ts";
import type { Finding, Tree } from "./tree.ts";
import { words } from "./words.ts";

/** Where the ratchet lies, from the root. */
export const ratchetFile = "tools/tidy-ratchet.json";

/** The ratchet of a tree; empty when it has none. */
export function readRatchet(root: string): Ratchet {
  const path = join(root, ratchetFile);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}

/** All that is amiss in a tree, by file and line. */
export function tidy(tree: Tree): Finding[] {
  const found = [
    ...tree.broken,
    ...layers(tree),
    ...cycles(tree),
    ...lengths(tree, readRatchet(tree.root)),
    ...bannedCalls(tree),
    ...documented(tree),
    ...orphans(tree),
    ...words(tree),
  ];
  return found.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** A finding on one line: `src/a.ts:3: layers: core may not import from plan, ...`. */
export function findingText(finding: Finding): string {
  return `${finding.file}:${finding.line}: ${finding.rule}: ${finding.message}`;
}
