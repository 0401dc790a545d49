import { createRequire } from "node:module";
import type { DestinationStream, Logger as PinoLogger } from "pino";
import { type Clock, systemClock } from "../core/clock.ts";
import { type LogRecord, prettyLine } from "./log-pretty.ts";
import type { TextOutput } from "./output.ts";
import { printableJson } from "./printable.ts";

/** What goes with a message. Plain data; an error goes under `error` and is written with its code, stack and cause. */
export type LogFields = Readonly<Record<string, unknown>>;

/** How the engine tells people what happens. Calls are synchronous and never throw for what the fields hold. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** How much is written; each level includes those after it. */
export type LogLevel = (typeof levels)[number];

const levels = ["debug", "info", "warn", "error", "silent"] as const;

/** How logs are written. */
export interface LogOptions {
  /** Default `"info"`. */
  readonly level?: LogLevel | undefined;
  /** Default `process.stderr`. A `StatusLine` keeps logs and progress apart on one terminal. */
  readonly out?: TextOutput | undefined;
  /** `"auto"` (default): pretty on a terminal, one JSON object a line elsewhere. */
  readonly format?: "auto" | "json" | "pretty" | undefined;
  /** Colours in the pretty form; by default on a terminal, unless `NO_COLOR` is set. */
  readonly color?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Fields of every line. */
  readonly fields?: LogFields | undefined;
}

/**
 * A logger that writes to `out` at once. Whatever messages and fields hold, one call is one line (but for stacks, which
 * are indented) and no byte of it is a command to a terminal.
 */
export function createLogger(options: LogOptions = {}): Logger {
  const lowest = levels.indexOf(options.level ?? "info");
  let inner: PinoLogger | undefined;
  const at = (level: "debug" | "info" | "warn" | "error") => (message: string, fields?: LogFields) => {
    if (levels.indexOf(level) < lowest) return;
    inner ??= opened(options);
    inner[level](fields ?? {}, message);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Loaded for the first line that is written: most commands write none, and it is a tenth of the time in which one starts. */
function opened(options: LogOptions): PinoLogger {
  const { pino, stdSerializers } = createRequire(import.meta.url)("pino") as typeof import("pino");
  const clock = options.clock ?? systemClock;
  return pino(
    {
      level: "debug",
      base: { ...options.fields },
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
    },
    destination(options),
  );
}

/** A logger that writes nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function destination(options: LogOptions): DestinationStream {
  const out = options.out ?? process.stderr;
  const terminal = out.isTTY === true;
  const format = options.format ?? "auto";
  if (format === "json" || (format === "auto" && !terminal)) {
    return { write: (line) => void out.write(printableJson(line)) };
  }
  const color = options.color ?? (terminal && !process.env.NO_COLOR);
  return { write: (line) => void out.write(prettyLine(JSON.parse(line) as LogRecord, color)) };
}
