import { isMainThread } from "node:worker_threads";

/** Where the launcher (`bin/millrace.mjs`) keeps what came before any of the program was loaded. */
const place = Symbol.for("millrace.early-signals");

/** Listens for SIGINT and SIGTERM until somebody says what they are to do. */
interface EarlySignals {
  /** The first that came. */
  readonly seen: NodeJS.Signals | undefined;
  /** Listens no more. */
  letGo(): void;
}

const holder = process as { [place]?: EarlySignals | undefined };

/**
 * From now on, SIGINT and SIGTERM end the process at once and well, as they end a pipeline that runs: nothing of it has begun
 * yet. So does one that came since the process started. Until `leaveSignals`.
 */
export function endAtSignals(): void {
  if (!isMainThread) return;
  const before = taken();
  if (before?.seen !== undefined) process.exit(0);
  const end = () => process.exit(0);
  process.on("SIGINT", end).on("SIGTERM", end);
  holder[place] = { seen: undefined, letGo: () => process.off("SIGINT", end).off("SIGTERM", end) };
}

/** From now on, SIGINT and SIGTERM do what others say, or what they do to any process. So does one that came since the process started. */
export function leaveSignals(): void {
  const before = taken();
  if (before?.seen !== undefined) process.kill(process.pid, before.seen);
}

function taken(): EarlySignals | undefined {
  const early = holder[place];
  early?.letGo();
  holder[place] = undefined;
  return early;
}
