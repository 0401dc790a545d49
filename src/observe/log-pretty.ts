import { styleText } from "node:util";
import { printable } from "./printable.ts";

/** A log line as data. */
export interface LogRecord {
  readonly level: string;
  readonly time: string;
  readonly msg?: string | undefined;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

const colors = { debug: "gray", info: "green", warn: "yellow", error: "red" } as const;

/**
 * A log line for people: `13:39:31.250Z WARN  late record  step=clock suppressed=12`, then an error's stack, indented.
 * Ends in a line feed; control characters from the data are escaped.
 */
export function prettyLine(record: LogRecord, color: boolean): string {
  const { level, time, msg, error, ...fields } = record;
  const name = level.toUpperCase().padEnd(5);
  const shown =
    color && level in colors ? styleText(colors[level as keyof typeof colors], name, { validateStream: false }) : name;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${printable(key, 100)}=${fieldText(value)}`);
  const head = `${time.slice(11)} ${shown} ${printable(msg ?? "")}${pairs.length > 0 ? " " : ""}${pairs.join("")}`;
  return `${head}\n${error === undefined ? "" : errorText(error)}`;
}

function fieldText(value: unknown): string {
  if (typeof value !== "string") return printable(JSON.stringify(value));
  return /^[^\s"=]+$/.test(value) ? printable(value) : printable(JSON.stringify(value));
}

/** The stack, which holds the message, or whatever else was thrown; every line indented, so that none can pass for a log line. */
function errorText(error: unknown): string {
  const stack = (error as { stack?: unknown } | null)?.stack;
  const text = typeof stack === "string" ? stack : typeof error === "string" ? error : JSON.stringify(error);
  const lines = text.split("\n").slice(0, 50);
  return lines.map((line) => `    ${printable(line.trimStart())}\n`).join("");
}
