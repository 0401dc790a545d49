import type { DeadLetter } from "../core/dead-letter.ts";
import { limits } from "../core/limits.ts";
import type { Meter } from "../core/meter.ts";
import { copyOf } from "../core/records.ts";
import type { Cursor } from "./cursor.ts";
import type { Receiver } from "./receiver.ts";

/** What becomes of refused records: counted by step and reason, sampled into the log, kept in the dead letters if there are any. */
export class Refusals {
  readonly #cursor: Cursor;
  readonly #meterOf: (step: string) => Meter;
  /** The entrance of the dead-letter sink, once there is one. */
  output: Receiver | undefined;

  constructor(cursor: Cursor, meterOf: (step: string) => Meter) {
    this.#cursor = cursor;
    this.#meterOf = meterOf;
  }

  refuse(step: string, reason: string, detail: string | undefined): void {
    const meter = this.#meterOf(step);
    meter.counter("dead", reason).value += 1;
    meter.warn(`dead ${reason}`, `refused the record at ${this.#cursor.describe()}: ${detail ?? reason}`);
    if (this.output === undefined) return;
    const raw = this.#cursor.raw();
    const letter: DeadLetter = {
      step,
      reason,
      detail,
      partition: this.#cursor.partition?.name,
      place: this.#cursor.describe(),
      raw: raw === undefined ? undefined : copyOf(raw.subarray(0, limits.deadLetterBytesMax)),
    };
    this.output.record(letter);
  }
}
