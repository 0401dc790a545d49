import type { RunningPipeline } from "./running-pipeline.ts";

/** Exit codes as shells know them: 128 and the signal's number. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * For as long as the pipeline runs: the first SIGINT or SIGTERM stops it cleanly, a second one ends the process at once. What was
 * not acknowledged by then is done again next time, so nothing is lost either way.
 */
export function stopOnSignals(running: RunningPipeline): void {
  let asked = false;
  const handlers = Object.entries(signals).map(([name, code]) => {
    const handler = () => {
      if (asked) process.exit(code);
      asked = true;
      running.stop();
    };
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  running.onOver(() => {
    for (const off of handlers) off();
  });
}
