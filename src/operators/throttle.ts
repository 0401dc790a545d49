import type { Timer } from "../core/clock.ts";
import type { Operator, OperatorContext, Task } from "../core/operator.ts";
import { HeldQueue } from "../time/held-queue.ts";
import { holdRecord } from "../time/held-record.ts";
import { gapMs, Pacer, type Rate, rateText } from "../time/rate.ts";

/**
 * Passes records on at most at `rate`, in their order; the first at once, the others evenly apart. While a record waits,
 * the sources wait too, so what is held is what one record of theirs became. Watermarks and silence keep their place
 * among the records.
 *
 * State: the records held, whose values must be such as a structured clone copies. The rate itself starts afresh with
 * each run. Without checkpoints a run that is stopped before its input ended loses what is held.
 */
export function throttle<T>(rate: Rate): Operator<T, T> {
  const gap = gapMs(rate);
  const text = rateText(rate);
  return {
    kind: "throttle",
    stateVersion: "throttle/1",
    spread: { kind: "single" },
    details: text,
    open: (context) => new ThrottleTask(context, gap, text),
  };
}

class ThrottleTask<T> implements Task<T> {
  readonly #context: OperatorContext<T>;
  readonly #pacer: Pacer;
  readonly #rate: string;
  readonly #queue: HeldQueue;
  #timer: Timer | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(context: OperatorContext<T>, gap: number, rate: string) {
    this.#context = context;
    this.#pacer = new Pacer(context.clock, gap);
    this.#rate = rate;
    this.#queue = context.state("held", new HeldQueue(() => this.#wait()));
  }

  record(value: T): void {
    if (this.#queue.size === 0 && this.#pacer.take()) {
      this.#context.emit(value);
      return;
    }
    this.#queue.push(holdRecord(this.#context.keep(), value));
    this.#wait();
  }

  watermark(time: number): void {
    if (this.#queue.size === 0) this.#context.watermark(time);
    else this.#queue.push(time);
  }

  idle(): void {
    if (this.#queue.size === 0) this.#context.idle();
    else this.#queue.push("idle");
  }

  end(): void | Promise<void> {
    if (this.#queue.size === 0) return;
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  status(): Record<string, unknown> {
    return { held: this.#queue.size };
  }

  waitsFor(): string | undefined {
    return this.#queue.size === 0 ? undefined : `records wait their turn at ${this.#rate}`;
  }

  /** Holds the sources back until the queue is empty. */
  #wait(): void {
    if (this.#timer !== undefined || this.#queue.size === 0) return;
    this.#context.hold();
    this.#setTimer();
  }

  #setTimer(): void {
    this.#timer = this.#context.timer(Math.max(this.#pacer.waitMs, 0), this.#pass);
  }

  readonly #pass = (): void => {
    while (this.#queue.size > 0) {
      const item = this.#queue.first;
      if (typeof item === "object" && !this.#pacer.take()) {
        this.#setTimer();
        return;
      }
      this.#queue.shift();
      if (item === "idle") this.#context.idle();
      else if (typeof item === "number") this.#context.watermark(item);
      else this.#context.as(item.kept, () => this.#context.emit(item.value as T));
    }
    this.#timer = undefined;
    this.#context.release();
    this.#whenEmpty?.();
  };
}
