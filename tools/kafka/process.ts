import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { RunningBroker } from "./running-broker.ts";

/** How long a broker may take to shut down in good order; after that it is ended. */
const stopMsMax = 60_000;
const outputCharactersMax = 64 * 1024;

/**
 * Waits until a broker's process says it is ready, and gives the means to end it: it stops at a line `stop` on its input
 * and dies when its input ends. Rejects with what it printed when it ends before, or takes longer than `readyMsMax`.
 */
export async function watchedProcess(
  child: ChildProcessWithoutNullStreams,
  port: number,
  saysReady: (line: string) => boolean,
  readyMsMax: number,
): Promise<RunningBroker> {
  let output = "";
  const ready = Promise.withResolvers<void>();
  const take = (line: string) => {
    output = `${output}${line}\n`.slice(-outputCharactersMax);
    if (saysReady(line)) ready.resolve();
  };
  createInterface(child.stdout).on("line", take);
  createInterface(child.stderr).on("line", take);
  const ended = new Promise<void>((resolve) => {
    child.on("error", (error) => take(String(error)));
    child.on("close", () => resolve());
  });
  child.stdin.on("error", () => {});
  ended.then(() => ready.reject(new Error(`the broker ended before it was ready:\n${output}`)));
  const limit = setTimeout(() => child.kill("SIGKILL"), readyMsMax);
  await ready.promise.finally(() => clearTimeout(limit));
  return {
    brokers: `127.0.0.1:${port}`,
    port,
    listeners: {},
    pid: child.pid!,
    ended,
    stop: async () => {
      child.stdin.write("stop\n");
      let isLate = false;
      const limit = setTimeout(() => {
        isLate = true;
        child.kill("SIGKILL");
      }, stopMsMax);
      await ended;
      clearTimeout(limit);
      if (isLate) throw new Error(`the broker did not stop, and was ended:\n${output}`);
    },
    kill: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}
