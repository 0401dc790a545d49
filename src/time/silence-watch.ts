import type { Timer } from "../core/clock.ts";
import type { OperatorContext } from "../core/operator.ts";
import type { PartitionClock, PartitionClocks } from "./partition-clocks.ts";

/** How finely silence is told: in parts of the time it takes. */
const looksPerIdle = 10;

/**
 * Tells which partitions have fallen silent. It looks a few times in `idleMs`, not at every record, so it sees silence
 * up to a tenth of `idleMs` late, never early. Silence counts on `context.waitedMs`: time in which the pipeline itself
 * kept the sources waiting is none. While every partition is idle it has no timer. An input that never speaks falls silent too,
 * once: a source without records holds nobody up.
 */
export class SilenceWatch {
  readonly #context: Pick<OperatorContext<never>, "timer" | "waitedMs">;
  readonly #clocks: PartitionClocks;
  readonly #idleMs: number;
  readonly #onSilent: (silent: readonly PartitionClock[]) => void;
  /** What each partition that is not idle looked like when it last had changed, and when that was seen. */
  readonly #seen = new Map<PartitionClock, { changes: number; atMs: number }>();
  #timer: Timer | undefined;

  /** `onSilent` gets the partitions that have just fallen silent; it is to mark them idle. */
  constructor(
    context: Pick<OperatorContext<never>, "timer" | "waitedMs">,
    clocks: PartitionClocks,
    idleMs: number,
    onSilent: (silent: readonly PartitionClock[]) => void,
  ) {
    this.#context = context;
    this.#clocks = clocks;
    this.#idleMs = idleMs;
    this.#onSilent = onSilent;
  }

  /** To be called when the state is back: counts from now until the first partition speaks, unless there are any. */
  begin(): void {
    if (this.#clocks.all().length > 0) return;
    const beganMs = this.#context.waitedMs;
    const look = () => {
      this.#timer = undefined;
      const leftMs = beganMs + this.#idleMs - this.#context.waitedMs;
      if (leftMs > 0) this.#timer = this.#context.timer(leftMs, look);
      else this.#onSilent([]);
    };
    this.#timer = this.#context.timer(this.#idleMs, look);
  }

  /** A partition speaks that was new or idle, or is back from the state: to be called after its `changes` went up. */
  spoke(clock: PartitionClock): void {
    if (this.#seen.size === 0) this.stop();
    this.#seen.set(clock, { changes: clock.changes, atMs: this.#context.waitedMs });
    // The rest of what came with that record counts from the same moment.
    this.#timer ??= this.#context.timer(0, this.#look);
  }

  /** Looks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = this.#context.waitedMs;
    const silent = this.#clocks.all().filter((clock) => !clock.idle && this.#isSilent(clock, now));
    if (silent.length > 0) this.#onSilent(silent);
    for (const clock of silent) this.#seen.delete(clock);
    if (this.#seen.size === 0) return;
    let delayMs = this.#idleMs / looksPerIdle;
    for (const { atMs } of this.#seen.values()) delayMs = Math.min(delayMs, atMs + this.#idleMs - now);
    this.#timer = this.#context.timer(Math.max(delayMs, 1), this.#look);
  };

  #isSilent(clock: PartitionClock, now: number): boolean {
    const seen = this.#seen.get(clock);
    if (seen?.changes === clock.changes) return now - seen.atMs >= this.#idleMs;
    this.#seen.set(clock, { changes: clock.changes, atMs: now });
    return false;
  }
}
