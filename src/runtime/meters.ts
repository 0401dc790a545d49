import type { Clock } from "../core/clock.ts";
import type { Logger } from "../observe/log.ts";
import { StepMeter } from "../observe/meter.ts";

/** The meters of a pipeline's steps, made when first asked for. */
export class Meters {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #meters = new Map<string, StepMeter>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  of(step: string): StepMeter {
    let meter = this.#meters.get(step);
    if (meter === undefined) {
      meter = new StepMeter({ step, clock: this.#clock, logger: this.#logger });
      this.#meters.set(step, meter);
    }
    return meter;
  }

  /** Writes the warnings that were held back for company: at the end of a run. */
  flush(): void {
    for (const meter of this.#meters.values()) meter.flush();
  }
}
