import type { Task } from "../core/operator.ts";
import type { SinkWriter } from "../core/sink.ts";
import type { OperatorStep, SinkStep } from "../plan/plan.ts";
import { blamed } from "./blame.ts";
import type { StepContext } from "./context.ts";
import type { Environment } from "./environment.ts";
import type { Receiver } from "./receiver.ts";

/** A running operator: its task between its entrance and its context. */
export class RunningOperator {
  readonly step: OperatorStep;
  readonly context: StepContext;
  readonly task: Task<unknown>;
  readonly receiver: Receiver;
  /** Records taken so far; not counted here while `counts` is set. */
  in = 0;
  /** Records taken and handed on, for a step that runs as a part of a fused chain. */
  counts: (() => { readonly in: number; readonly out: number }) | undefined;
  /** Event time of its input; minus infinity before there is one. */
  time = Number.NEGATIVE_INFINITY;

  constructor(step: OperatorStep, context: StepContext) {
    this.step = step;
    this.context = context;
    const task = opened(step, context);
    this.task = task;
    const work = task.record;
    this.receiver = {
      record: (value) => {
        this.in += 1;
        try {
          work.call(task, value);
        } catch (thrown) {
          throw blamed(thrown, step.id, context.record.describe());
        }
      },
      watermark: (time) => {
        if (time <= this.time) return;
        this.time = time;
        if (task.watermark === undefined) context.watermark(time);
        else task.watermark(time);
      },
      idle: () => (task.idle === undefined ? context.idle() : task.idle()),
      block: task.block === undefined ? undefined : (bytes, bounds, size) => task.block!(bytes, bounds, size),
    };
  }
}

function opened(step: OperatorStep, context: StepContext): Task<unknown> {
  try {
    return step.operator.open(context);
  } catch (thrown) {
    context.close();
    throw blamed(thrown, step.id, undefined);
  } finally {
    context.seal();
  }
}

/** A running sink: it feeds the writer, and holds the sources back while the writer is full. */
export class RunningSink {
  readonly step: SinkStep;
  /** Attached once the sink is open, which is after the state has been restored and before the first record. */
  writer!: SinkWriter<unknown>;
  readonly receiver: Receiver;
  /** Records taken so far. */
  in = 0;
  time = Number.NEGATIVE_INFINITY;
  /** Called with the next record, once: whoever waits for output sets it again. */
  onOutput: (() => void) | undefined;
  #draining = false;
  /** Of the records taken, those before the last flush. */
  #flushed = 0;
  readonly #environment: Environment;

  constructor(step: SinkStep, environment: Environment) {
    this.step = step;
    this.#environment = environment;
    const cursor = environment.cursor;
    this.receiver = {
      record: (value) => {
        this.in += 1;
        try {
          this.writer.write(value, cursor);
        } catch (thrown) {
          throw blamed(thrown, step.id, cursor.describe());
        }
        if (this.onOutput !== undefined) this.#tellOutput();
        if (this.writer.full && !this.#draining) void this.#drain();
      },
      watermark: (time) => {
        this.time = time;
      },
      idle: () => this.flush(),
      block: undefined,
    };
  }

  /** Whether it has taken anything since it was flushed. */
  get unflushed(): boolean {
    return this.in > this.#flushed;
  }

  flush(): void {
    this.#flushed = this.in;
    this.writer.flush();
  }

  #tellOutput(): void {
    const tell = this.onOutput;
    this.onOutput = undefined;
    tell?.();
  }

  /** Whether it holds the sources back just now. */
  get full(): boolean {
    return this.#draining;
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    this.#environment.gate.hold();
    try {
      await this.writer.drain();
    } catch (thrown) {
      this.#environment.fail(blamed(thrown, this.step.id, undefined));
    } finally {
      this.#draining = false;
      this.#environment.gate.release();
    }
  }
}
