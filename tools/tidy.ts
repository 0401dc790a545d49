/**
 * Checks the rules of the house that no compiler knows, and prints what breaks them. With `--tighten`, writes the ratchet
 * of lengths anew: what has shrunk may never grow again.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./node.mjs";
import { tightened } from "./tidy/lengths.ts";
import { findingText, ratchetFile, readRatchet, tidy } from "./tidy/rules.ts";
import { readTree } from "./tidy/tree.ts";

const tree = readTree(root);
if (process.argv.includes("--tighten")) {
  writeFileSync(join(root, ratchetFile), `${JSON.stringify(tightened(tree, readRatchet(root)), null, 2)}\n`);
}
const findings = tidy(tree);
for (const finding of findings) process.stdout.write(`${findingText(finding)}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
