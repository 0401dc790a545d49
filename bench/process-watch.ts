import { readFileSync } from "node:fs";

const lookEveryMs = 50;
const ticksPerSecond = 100;

/** What a process of this machine has used so far, as Linux tells it. */
export interface ProcessWatch {
  /** Processor time of all its threads, as of the last look: up to 50 ms before its end. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  stop(): void;
}

/** Looks at a process again and again until it is stopped. Where there is no `/proc`, all stays 0. */
export function watchProcess(pid: number): ProcessWatch {
  const seen = { cpuSeconds: 0, peakRssBytes: 0 };
  const look = () => {
    try {
      // The second field, the name, may hold blanks; after its bracket come the others.
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
      seen.cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
      const peakKb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      seen.peakRssBytes = Math.max(seen.peakRssBytes, Number(peakKb ?? 0) * 1024);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, lookEveryMs);
  return {
    get cpuSeconds() {
      return seen.cpuSeconds;
    },
    get peakRssBytes() {
      return seen.peakRssBytes;
    },
    stop: () => clearInterval(timer),
  };
}
