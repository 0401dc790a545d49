import type { Timer } from "../../core/clock.ts";
import type { OperatorContext } from "../../core/operator.ts";
import type { Exchanged } from "./exchanged.ts";
import { encodeReport } from "./format.ts";

/** How often a task tells where its event time stands, at most, while it moves. */
const reportMs = 100;

/** Who tells, and to whom. */
export interface ReporterOptions {
  /** The task's input partition. */
  readonly from: string;
  /** How many there are that tell, at the moment. */
  readonly total: () => number;
  /** Up to where the input was read, by source partition: asked when it has ended. */
  readonly ended: () => Readonly<Record<string, number>>;
}

/**
 * Tells the event time of a task to all who read the exchange: in the exchange itself, behind what it covers. The first news
 * go out at once, and further ones every 100 ms; silence and the end at once. It keeps no state: the step that
 * gives event time gives it again when it is restored, and so it is told again.
 */
export class Reporter {
  readonly #context: OperatorContext<Exchanged>;
  readonly #options: ReporterOptions;
  /** Where event time stands, told or not; minus infinity before it begins. */
  time = Number.NEGATIVE_INFINITY;
  #idle = false;
  #news = false;
  #timer: Timer | undefined;

  constructor(context: OperatorContext<Exchanged>, options: ReporterOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** A record has come: the input is not silent. Most often nothing new. */
  spoke(): void {
    if (!this.#idle) return;
    this.#idle = false;
    this.#tellSoon();
  }

  /** Event time has moved on. */
  watermark(time: number): void {
    this.time = time;
    this.#idle = false;
    this.#tellSoon();
  }

  /** The input has fallen silent. */
  idle(): void {
    this.#idle = true;
    this.#tell();
  }

  /** The input has ended. */
  end(): void {
    this.#timer?.cancel();
    this.#tell(this.#options.ended());
  }

  #tellSoon(): void {
    this.#news = true;
    if (this.#timer !== undefined) return;
    this.#tell();
    this.#timer = this.#context.timer(reportMs, this.#look);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#news) this.#tellSoon();
  };

  #tell(ended?: Readonly<Record<string, number>>): void {
    this.#news = false;
    const { from, total } = this.#options;
    const watermark = Number.isFinite(this.time) ? this.time : null;
    const bytes = encodeReport({ from, total: total(), watermark, idle: this.#idle, ended });
    this.#context.emit({ to: "all", bytes, time: this.#context.clock.now() });
  }
}
