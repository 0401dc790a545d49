import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { type Measured, median } from "./contestant.ts";

const page = new URL("../docs/performance.md", import.meta.url);

/** When and on what was measured, in a sentence. */
export function aboutRun(frames: number, bytes: number, command: string): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const date = new Date().toISOString().slice(0, 10);
  const size = `${(bytes / 1e9).toFixed(2)} GB in ${frames.toLocaleString("en-US")} frames`;
  return `${date}, ${cpus().length} cores of ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}. Input: ${size}. \`${command}\`: whole processes from start to exit, in turn; median (least–most).`;
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

/** Puts a text between two marks of docs/performance.md. */
export function replaceBetween(begin: string, end: string, body: string): void {
  const before = readFileSync(page, "utf8");
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for the table: ${begin} ... ${end}`);
  writeFileSync(page, `${before.slice(0, from + begin.length)}\n${body}\n${before.slice(to)}`);
}
