import { nameOf } from "../connectors/kafka/client/kafka-client.ts";
import { mayRestart } from "../connectors/kafka/task-failure.ts";
import { sleep } from "../core/clock.ts";
import { MillraceError } from "../core/errors.ts";
import type { JobStatus } from "../observe/status.ts";
import { Job, type JobOptions } from "../runtime/job.ts";
import { openTask, type TaskParts, type TaskSetup } from "./open-task.ts";

/** What a task needs of the member it belongs to. */
export interface GroupTaskOptions {
  readonly setup: TaskSetup;
  readonly job: JobOptions;
  /** Whether the group still says that the partition is this member's. */
  readonly isOurs: () => Promise<boolean>;
  /** Called when it cannot go on, and starting it again would not help. */
  readonly onFailed: (thrown: unknown) => void;
  /** Called when its input has ended and all is committed. */
  readonly onEnded: () => void;
}

const firstPauseMs = 100;
const pauseMsMax = 5_000;

/**
 * The work on one partition, for as long as this member has it. What passes by itself (a cluster that is away for long, a
 * transaction that took too long) makes it begin again from what is committed; everything else is the member's failure.
 */
export class GroupTask {
  readonly name: string;
  readonly #options: GroupTaskOptions;
  readonly #closing = new AbortController();
  #parts: TaskParts | undefined;
  #job: Job | undefined;
  #last: JobStatus | undefined;
  #running: Promise<void> | undefined;
  ended = false;

  constructor(options: GroupTaskOptions) {
    this.#options = options;
    this.name = nameOf(options.setup.input.place);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Finishes what was read, commits it, and closes. Resolves when others may have the partition. */
  async stop(): Promise<void> {
    this.#closing.abort();
    this.#job?.stop();
    await this.#running;
  }

  /** Drops everything that is not committed: the partition is another member's already. */
  async abandon(): Promise<void> {
    this.#closing.abort();
    this.#job?.abandon(lost(this.name));
    await this.#running;
  }

  /** Of the job under way, or the last one; undefined before there was one. */
  status(): JobStatus | undefined {
    return this.#job?.status() ?? this.#last;
  }

  async #run(): Promise<void> {
    const { setup, onFailed, onEnded } = this.#options;
    for (let pauseMs = firstPauseMs; !this.#closing.signal.aborted; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
      try {
        await this.#once();
        if (this.#closing.signal.aborted) return;
        this.ended = true;
        onEnded();
        return;
      } catch (thrown) {
        if (this.#closing.signal.aborted) return;
        if (!mayRestart(thrown)) return onFailed(thrown);
        setup.logger.warn(`the task begins again from what is committed: ${String((thrown as Error).message)}`);
      }
      // Who was fenced may have lost the partition without knowing it yet; two owners would fence one another in turns.
      do await sleep(setup.clock, pauseMs * (0.5 + setup.random.next() / 2), this.#closing.signal);
      while (!this.#closing.signal.aborted && !(await this.#options.isOurs()));
    }
  }

  async #once(): Promise<void> {
    try {
      this.#parts = await openTask(this.#options.setup, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      this.#job = new Job(this.#parts.plan, { ...this.#options.job, ...this.#parts.job });
      await this.#job.done;
    } finally {
      this.#last = this.#job?.status() ?? this.#last;
      this.#job = undefined;
      await this.#parts?.close();
      this.#parts = undefined;
    }
  }
}

function lost(name: string): MillraceError {
  return new MillraceError("ML3001", { message: `partition ${name} is another member's by now` });
}
