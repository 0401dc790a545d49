import { isMainThread } from "node:worker_threads";
import { systemClock } from "../core/clock.ts";
import { MillraceError } from "../core/errors.ts";
import { whyWaiting } from "../observe/explain.ts";
import { createLogger, type Logger } from "../observe/log.ts";
import { type Progress, showProgress } from "../observe/progress.ts";
import { type StatusServer, serveStatus } from "../observe/server.ts";
import type { JobStatus } from "../observe/status.ts";
import { StatusLine } from "../observe/status-line.ts";
import type { Platform } from "../runtime/platform.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import { stopOnSignals } from "../runtime/signals.ts";
import type { Pipeline } from "../stream/pipeline.ts";
import type { pipelineOptions } from "./common-options.ts";
import { leaveSignals } from "./early-signals.ts";
import { boundHeapGrowth } from "./heap-growth.ts";
import type { OptionValues } from "./options.ts";
import { printableText } from "./printable-text.ts";
import { lineToParent } from "./worker-side.ts";
import { WorkerThreads } from "./worker-threads.ts";

/** How a command's run ended. `status` is undefined when nothing was run. */
export interface PipelineOutcome {
  /** What the process should exit with: 0, or 1 after a failure, which has been told on stderr. */
  readonly code: number;
  readonly status: JobStatus | undefined;
}

/** Where a command runs its pipeline, when not on its own in this process. */
export interface RunPlace {
  /** The group it joins. */
  readonly on: Platform;
  /** How many threads of this process do so, each a member like any other. */
  readonly workers: number;
}

/**
 * Runs a pipeline the way every command does: with progress, logs, metrics, signals (SIGINT and SIGTERM stop it cleanly,
 * SIGUSR2 says why it waits) and an error that says what to do.
 */
export async function runPipeline(
  pipeline: Pipeline,
  values: OptionValues<typeof pipelineOptions>,
  place?: RunPlace,
): Promise<PipelineOutcome> {
  if (values.explain) {
    const format = values["explain-as"];
    const plan = pipeline.explain({ format, state: values.state !== undefined, on: place?.on });
    process.stdout.write(printableText(plan));
    return { code: 0, status: undefined };
  }
  const parent = lineToParent();
  if (parent !== undefined) {
    return { code: await parent.follow(started(pipeline, values, parent.logger, place)), status: undefined };
  }
  const line = process.stderr.isTTY ? new StatusLine(process.stderr) : undefined;
  const logger = createLogger({ level: values.log, out: line ?? process.stderr });
  boundHeapGrowth();
  const job = threads(place, logger) ?? started(pipeline, values, logger, place);
  // The job listens from here on.
  leaveSignals();
  const { done } = job;
  const attached = new Attachments(job, pipeline, values, logger, line, place?.on);
  try {
    await attached.open();
    return { code: 0, status: await done };
  } catch (thrown) {
    job.stop();
    const status = await done.catch(() => job.status());
    if (isClosedPipe(thrown)) return { code: 0, status };
    attached.close();
    logger.error(thrown instanceof MillraceError ? thrown.message : String(thrown), { error: thrown });
    return { code: 1, status };
  } finally {
    attached.close();
  }
}

function started(
  pipeline: Pipeline,
  values: OptionValues<typeof pipelineOptions>,
  logger: Logger,
  place: RunPlace | undefined,
): RunningPipeline {
  return pipeline.run({
    state: values.state,
    on: place?.on,
    checkpointInterval: values.checkpoint,
    drain: values.drain,
    stopAfterSilence: values.timeout,
    signals: isMainThread,
    logger,
  });
}

/** The threads that run it in this process's place, when there are to be several. */
function threads(place: RunPlace | undefined, logger: Logger): RunningPipeline | undefined {
  if (place === undefined || place.workers <= 1) return undefined;
  const running = new WorkerThreads(place.workers, logger);
  stopOnSignals(running);
  return running;
}

/** What looks at a job while it runs. */
class Attachments {
  readonly #job: RunningPipeline;
  readonly #pipeline: Pipeline;
  readonly #values: OptionValues<typeof pipelineOptions>;
  readonly #logger: Logger;
  readonly #line: StatusLine | undefined;
  readonly #on: Platform | undefined;
  #progress: Progress | undefined;
  #server: StatusServer | undefined;
  readonly #onSignal = () => (this.#line ?? process.stderr).write(`${this.#explain()}\n`);

  constructor(
    job: RunningPipeline,
    pipeline: Pipeline,
    values: OptionValues<typeof pipelineOptions>,
    logger: Logger,
    line: StatusLine | undefined,
    on: Platform | undefined,
  ) {
    this.#job = job;
    this.#pipeline = pipeline;
    this.#values = values;
    this.#logger = logger;
    this.#line = line;
    this.#on = on;
  }

  async open(): Promise<void> {
    process.on("SIGUSR2", this.#onSignal);
    const status = () => this.#job.status();
    if (this.#values.progress === "auto") {
      this.#progress = showProgress({ status, clock: systemClock, line: this.#line, logger: this.#logger });
    }
    if (this.#values.metrics === undefined) return;
    this.#server = await serveStatus({ port: this.#values.metrics, status, explain: () => this.#explain() });
    this.#logger.info(`status on ${this.#server.url}/status, metrics on ${this.#server.url}/metrics`);
  }

  close(): void {
    process.off("SIGUSR2", this.#onSignal);
    this.#progress?.stop();
    void this.#server?.close();
  }

  #explain(): string {
    const plan = this.#pipeline.explain({ state: this.#values.state !== undefined, on: this.#on });
    return printableText(`${plan}\n${whyWaiting(this.#job.status())}`);
  }
}

/** The reader of our output has gone, as `| head` does: the run is over, and nothing is wrong. */
function isClosedPipe(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ((error as NodeJS.ErrnoException).code === "EPIPE") return true;
  }
  return false;
}
