import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { type Measured, median } from "./contestant.ts";

const page = new URL("../docs/performance.md", import.meta.url);

/** When and on what was measured, as the beginning of a sentence: `"2026-11-21, 2 cores of ..., 24 GiB, Node v24.21.0"`. */
export function machine(): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} cores of ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

/** The same, and what was fed to whom: for processes that run in turns. */
export function aboutRun(frames: number, bytes: number, command: string): string {
  const size = `${(bytes / 1e9).toFixed(2)} GB in ${frames.toLocaleString("en-US")} frames`;
  return `${machine()}. Input: ${size}. \`${command}\`: whole processes from start to exit, in turn; median (least–most).`;
}

/** `"2.39 (1.75–2.50)"`. */
export function secondsText(one: Measured): string {
  const [least, most] = [Math.min(...one.seconds), Math.max(...one.seconds)];
  return `${median(one.seconds).toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

/** How many times as long as another it took, the median over the rounds that both were in. */
export function timesAsLong(one: Measured, other: Measured): string {
  const ratios = one.seconds.flatMap((second, round) => {
    const beside = other.seconds[round];
    return beside === undefined ? [] : [second / beside];
  });
  return ratios.length === 0 ? "" : median(ratios).toFixed(2);
}

/** The most memory it had in any run. */
export function memoryText(one: Measured): string {
  return one.rssBytes.length === 0 ? "" : `${Math.round(Math.max(...one.rssBytes) / 1e6)} MB`;
}

/** Puts text into docs/performance.md, in place of what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->`. */
export function writeSection(name: string, body: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const before = readFileSync(page, "utf8");
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for the table: ${begin} ... ${end}`);
  writeFileSync(page, `${before.slice(0, from + begin.length)}\n${body}\n${before.slice(to)}`);
}
