import { printable } from "../observe/printable.ts";

/** Text of several lines that holds names from outside, safe for a terminal: control characters but line feeds are escaped. */
export function printableText(text: string): string {
  const lines = text.split("\n");
  return lines.map((line) => printable(line, Number.POSITIVE_INFINITY)).join("\n");
}
