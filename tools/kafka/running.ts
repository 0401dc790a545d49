import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";

/** Where a broker that `npm run kafka` started is found by the tools run beside it. */
const file = join(tmpdir(), `millrace-kafka-${userInfo().username}`, "running.json");

/** Remembers a broker of this process; the returned function forgets it again. */
export function rememberBroker(brokers: string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ brokers, pid: process.pid }));
  return () => {
    if (readRunning()?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** The brokers to talk to: `KAFKA_BROKERS`, else the one that `npm run kafka` runs just now. */
export function brokersAtHand(): string {
  const given = process.env.KAFKA_BROKERS;
  if (given) return given;
  const running = readRunning();
  if (running !== undefined && isAlive(running.pid)) return running.brokers;
  throw new Error("no broker runs: start one with `npm run kafka`, or set KAFKA_BROKERS");
}

function readRunning(): { readonly brokers: string; readonly pid: number } | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
