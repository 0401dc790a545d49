import type { KafkaFailure } from "../connectors/kafka/client/kafka-failure.ts";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../observe/log.ts";

/** Trouble that is over sooner is the everyday life of a cluster, such as a coordinator that has just moved. */
const lastingMs = 2_000;
/** Without trouble for so long, the next one is a new one. */
const quietMs = 10_000;

/** Tells people of calls that fail and are tried again: from when that has gone on for a while, before only to who debugs. */
export class TroubleLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #since = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  readonly note = (failure: KafkaFailure): void => {
    const now = this.#clock.monotonic();
    if (now - this.#last > quietMs) this.#since = now;
    this.#last = now;
    const message = `kafka: ${failure.message}`;
    if (now - this.#since < lastingMs) this.#logger.debug(message);
    else this.#logger.warn(`${message} (for ${Math.round((now - this.#since) / 1000)} s)`);
  };
}
