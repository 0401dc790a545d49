import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

const page = new URL("../docs/performance.md", import.meta.url);

/** When and on what was measured, as the beginning of a sentence: `"2026-11-21, 2 cores of ..., 24 GiB, Node v24.21.0"`. */
export function machine(): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} cores of ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** Puts text into docs/performance.md, in place of what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->`. */
export function writeSection(name: string, body: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const before = readFileSync(page, "utf8");
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for the table: ${begin} ... ${end}`);
  writeFileSync(page, `${before.slice(0, from + begin.length)}\n${body}\n${before.slice(to)}`);
}
