import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { Passage } from "./passage.ts";

/** What a simulated pipeline is built from. */
export interface World {
  /** Chance for the pipeline's own use, such as its input: the same for the undisturbed run of a seed and for the disturbed one. */
  readonly random: Random;
  /** The clock of the process that runs just now. */
  readonly clock: Clock;
  /** A function as a call to a service: it takes a while, and may fail or die with the process. For `mapAsync`. */
  call<In, Out>(name: string, answer: (value: In) => Out): (value: In) => Promise<Out>;
}

/** The world of a run; its processes come and go. */
export class RunWorld implements World {
  readonly random: Random;
  readonly clock: Clock;
  readonly #process: () => Passage;

  constructor(random: Random, clock: Clock, process: () => Passage) {
    this.random = random;
    this.clock = clock;
    this.#process = process;
  }

  call<In, Out>(name: string, answer: (value: In) => Out): (value: In) => Promise<Out> {
    return (value) => this.#process().pass(`call ${name}`, async () => answer(value));
  }
}
