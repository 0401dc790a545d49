import type { MillraceError } from "../core/errors.ts";
import type { JobStatus } from "../observe/status.ts";

/** How a run ends, and whether anybody asked: a failure that nobody asks for is told to `onUnheeded`, and is no unhandled rejection. */
export class Outcome {
  readonly #done: Promise<JobStatus>;
  #isHeeded = false;

  constructor(done: Promise<JobStatus>, onUnheeded: ((error: MillraceError) => void) | undefined) {
    this.#done = done;
    done.catch((error: MillraceError) => {
      if (!this.#isHeeded) onUnheeded?.(error);
    });
  }

  /** The run's end; who gets it is told of a failure by it. */
  get done(): Promise<JobStatus> {
    this.#isHeeded = true;
    return this.#done;
  }

  /** Calls `then` when the run is over, well or not: for who has no use for its outcome. */
  onOver(then: () => void): void {
    this.#done.then(then, then);
  }
}
