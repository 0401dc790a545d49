import { type Clock, sleep } from "../../src/core/clock.ts";
import type { Sink, SinkWriter } from "../../src/core/sink.ts";
import type { Checkpoint, CheckpointStore } from "../../src/core/state.ts";

interface Pending {
  readonly publish: () => void;
}

/** What one run of a task writes: it can be read when the checkpoint that has it is stored, all together or not at all. */
export class TaskOutput {
  readonly #clock: Clock;
  readonly #fullAt: number;
  #pending: Pending[] = [];
  #cut = 0;
  #sinceDrain = 0;

  /** `fullAt`: after so many records its sinks are full, until the other side has had a moment. */
  constructor(clock: Clock, fullAt: number) {
    this.#clock = clock;
    this.#fullAt = fullAt;
  }

  /** A sink whose values `publish` makes readable. */
  sink<T>(name: string, publish: (value: T) => void): Sink<T> {
    const writer: SinkWriter<T> = {
      write: (value) => {
        this.#pending.push({ publish: () => publish(value) });
        this.#sinceDrain += 1;
      },
      full: false,
      drain: async () => {
        await sleep(this.#clock, 1);
        this.#sinceDrain = 0;
      },
      flush: () => {},
      prepare: async () => {
        this.#cut = this.#pending.length;
        return null;
      },
      close: async () => {},
    };
    Object.defineProperty(writer, "full", { get: () => this.#sinceDrain >= this.#fullAt });
    return { traits: { name, delivery: "exactly-once" }, open: async () => writer };
  }

  /** Checkpoints that publish with each commit what belongs to it. */
  checkpoints(inner: CheckpointStore): CheckpointStore {
    return {
      open: (onChange) => inner.open(onChange),
      commit: (checkpoint: Checkpoint, changes, stores) => {
        const stored = inner.commit(checkpoint, changes, stores);
        for (const { publish } of this.#pending.splice(0, this.#cut)) publish();
        this.#cut = 0;
        return stored;
      },
      close: () => inner.close(),
    };
  }
}
