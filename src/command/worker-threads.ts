import { Worker } from "node:worker_threads";
import { MillraceError } from "../core/errors.ts";
import type { Logger } from "../observe/log.ts";
import { mergedStatus } from "../observe/merged-status.ts";
import type { JobStatus } from "../observe/status.ts";
import { Outcome } from "../runtime/outcome.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-messages.ts";

/**
 * A pipeline run by several threads, each of them a member of its group as a process would be: the same program is started
 * once a thread, with the same arguments. The statuses of all are one, the first failure stops all.
 */
export class WorkerThreads implements RunningPipeline {
  readonly #outcome: Outcome;
  readonly #logger: Logger;
  readonly #workers: readonly Worker[];
  readonly #statuses: (JobStatus | undefined)[] = [];
  #failure: MillraceError | undefined;

  constructor(count: number, logger: Logger, entry: string | URL = process.argv[1]!) {
    this.#logger = logger;
    this.#workers = Array.from({ length: count }, (_, number) => {
      const workerData: WorkerStart = { millraceWorker: number };
      const worker = new Worker(entry, { workerData, argv: process.argv.slice(2) });
      worker.on("message", (message: FromWorker) => this.#take(number, message));
      return worker;
    });
    this.#outcome = new Outcome(this.#run(), undefined);
  }

  get done(): Promise<JobStatus> {
    return this.#outcome.done;
  }

  onOver(then: () => void): void {
    this.#outcome.onOver(then);
  }

  stop(): void {
    for (const worker of this.#workers) worker.postMessage("stop" satisfies ToWorker);
  }

  status(): JobStatus {
    return mergedStatus(this.#statuses.filter((status) => status !== undefined));
  }

  async #run(): Promise<JobStatus> {
    await Promise.all(this.#workers.map((worker, number) => this.#ended(worker, number)));
    if (this.#failure !== undefined) throw this.#failure;
    return this.status();
  }

  #take(number: number, message: FromWorker): void {
    if (message.type === "log") {
      this.#logger[message.level](message.message, message.fields);
      return;
    }
    this.#statuses[number] = message.status;
    if (message.type === "failed") this.#fail(number, message.message);
  }

  #ended(worker: Worker, number: number): Promise<void> {
    return new Promise((resolve) => {
      worker.on("error", (error) => this.#fail(number, error.message));
      worker.on("exit", (code) => {
        if (code !== 0) this.#fail(number, `it ended with code ${code}`);
        resolve();
      });
    });
  }

  #fail(number: number, message: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new MillraceError("ML2004", { message: `worker ${number}: ${message}` });
    this.stop();
  }
}
