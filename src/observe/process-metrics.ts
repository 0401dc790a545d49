import { monitorEventLoopDelay } from "node:perf_hooks";

/** What the process uses. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly cpuSeconds: number;
  /** How late the event loop came to a timer since the figures were last read, in seconds. */
  readonly loopLagSeconds: { readonly mean: number; readonly p99: number; readonly max: number };
}

/** Watches the process until it is closed. */
export interface ProcessWatch {
  /** The figures now. Each read begins the event loop's figures anew, so two readers see each a part of them. */
  read(): ProcessFigures;
  close(): void;
}

const resolutionMs = 20;

/** Begins to watch this process. Costs a timer every 20 ms, which does not keep the process alive. */
export function watchProcess(): ProcessWatch {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  // The histogram holds the time between two ticks of the timer: what is more than the timer's own period is lag.
  const lag = (nanoseconds: number) => (delay.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3));
  return {
    read: () => {
      const memory = process.memoryUsage();
      const cpu = process.cpuUsage();
      const loopLagSeconds = { mean: lag(delay.mean), p99: lag(delay.percentile(99)), max: lag(delay.max) };
      delay.reset();
      return {
        residentBytes: memory.rss,
        heapUsedBytes: memory.heapUsed,
        cpuSeconds: (cpu.user + cpu.system) / 1e6,
        loopLagSeconds,
      };
    },
    close: () => void delay.disable(),
  };
}
