import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../core/clock.ts";
import { reasonOf } from "../core/errors.ts";
import type { Logger } from "../observe/log.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

const statusEveryMs = 250;

/** Which of its parent's workers this thread is, from 0; undefined in a thread that is none. */
export function workerNumber(): number | undefined {
  return (workerData as Partial<WorkerStart> | null)?.millraceWorker;
}

/** The line to the parent, in a thread that was started as a worker of a pipeline; undefined everywhere else. */
export function lineToParent(): WorkerLine | undefined {
  const number = workerNumber();
  return parentPort === null || number === undefined ? undefined : new WorkerLine(parentPort, number);
}

/** A worker thread's side: sends what it logs and how far it is, and stops when it is told to. */
export class WorkerLine {
  readonly #port: MessagePort;
  readonly #number: number;

  constructor(port: MessagePort, number: number) {
    this.#port = port;
    this.#number = number;
  }

  readonly logger: Logger = {
    debug: (message, fields) => this.#log("debug", message, fields),
    info: (message, fields) => this.#log("info", message, fields),
    warn: (message, fields) => this.#log("warn", message, fields),
    error: (message, fields) => this.#log("error", message, fields),
  };

  /** Follows a pipeline to its end; resolves to the code that the thread exits with. */
  async follow(running: RunningPipeline): Promise<number> {
    const onMessage = (message: ToWorker) => {
      if (message === "stop") running.stop();
    };
    this.#port.on("message", onMessage);
    let timer = systemClock.timer(statusEveryMs, () => tell());
    const tell = () => {
      this.#send({ type: "status", status: running.status() });
      timer = systemClock.timer(statusEveryMs, tell);
    };
    try {
      this.#send({ type: "done", status: await running.done });
      return 0;
    } catch (thrown) {
      this.#send({ type: "failed", status: running.status(), message: reasonOf(thrown) });
      return 1;
    } finally {
      timer.cancel();
      this.#port.off("message", onMessage);
    }
  }

  #log(level: "debug" | "info" | "warn" | "error", message: string, fields: Readonly<Record<string, unknown>> = {}) {
    this.#send({ type: "log", level, message, fields: { worker: this.#number, ...fields } });
  }

  /** What cannot be cloned, such as a function in a step's own figures, is told as JSON tells it. */
  #send(message: FromWorker): void {
    try {
      this.#port.postMessage(message);
    } catch {
      this.#port.postMessage(JSON.parse(JSON.stringify(message)));
    }
  }
}
