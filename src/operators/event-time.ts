import { type Duration, durationMs, durationText } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Counter } from "../core/meter.ts";
import type { OnError, Operator, OperatorContext, Task } from "../core/operator.ts";
import type { Partition } from "../core/records.ts";
import { type HeldRecord, holdRecord } from "../time/held-record.ts";
import { type ClockOutput, supportRecords } from "../time/majority-clock.ts";
import { PartitionClock, PartitionClocks } from "../time/partition-clocks.ts";
import { SilenceWatch } from "../time/silence-watch.ts";

/** How records get their event time. */
export interface EventTimeOptions<T> {
  /** A record's event time in ms since the epoch. NaN: it has none, and is a dead letter. */
  readonly time: (value: T) => number;
  /** How far behind the highest time the watermark stays: how late a record may come and still be in time. */
  readonly lag: Duration;
  /**
   * A record further ahead than this of the highest time is held aside until a majority of the last 100 records of its
   * partition is as far ahead, or it falls out of those 100, which makes it a dead letter. The first records are held
   * until there are 100, or the input ends or falls silent. Must be longer than the gaps in a good stream: beyond a gap of
   * this length a record looks like a wrong one. Default: nothing is held, the first record starts the clock.
   */
  readonly maxFuture?: Duration | undefined;
  /**
   * After so long a silence of a live source's partition, what is held of it is decided on, and the others' event time
   * no longer waits for it. When all are silent, open windows are flushed. Default: silence means nothing.
   */
  readonly idle?: Duration | undefined;
  /** Bytes of held records a partition keeps; beyond that the oldest become dead letters. Default `limits.heldBytesMax`. */
  readonly heldBytesMax?: number | undefined;
  readonly onError?: OnError | undefined;
}

/**
 * Gives each record its event time and sends watermarks: the highest time of the partition that is furthest behind,
 * less `lag`, right after the record that raised it, so that nothing depends on how the input is cut into batches.
 * Watermarks that come from before this step are dropped: it is this step's time that counts.
 *
 * State: the clocks, and what is held; its values must be such as a structured clone copies. When restored, the step
 * gives its last watermark again before the first record, and says again that the input is silent if it was.
 */
export function eventTime<T>(options: EventTimeOptions<T>): Operator<T, T> {
  const settings: Settings<T> = {
    time: options.time,
    lagMs: durationMs(options.lag),
    maxFutureMs: positiveMs("maxFuture", options.maxFuture),
    idleMs: positiveMs("idle", options.idle),
    heldBytesMax: options.heldBytesMax ?? limits.heldBytesMax,
  };
  return {
    kind: "event time",
    stateVersion: "event-time/1",
    spread: { kind: "clock" },
    details: detailsOf(settings),
    onError: options.onError,
    open: (context) => new EventTimeTask(settings, context),
  };
}

interface Settings<T> {
  readonly time: (value: T) => number;
  readonly lagMs: number;
  /** Infinite: none. */
  readonly maxFutureMs: number;
  readonly idleMs: number;
  readonly heldBytesMax: number;
}

class EventTimeTask<T> implements Task<T>, ClockOutput<HeldRecord> {
  readonly #context: OperatorContext<T>;
  readonly #time: (value: T) => number;
  readonly #settings: Settings<T>;
  readonly #clocks: PartitionClocks;
  readonly #silence: SilenceWatch | undefined;
  readonly #heldCounter: Counter;
  readonly #releasedCounter: Counter;
  /** The last record's partition and its clock: most often the next one's too. */
  #partition: Partition | undefined;
  #clock: PartitionClock | undefined;
  /** The watermark when it was last seen a second further, and the clock's time then: reading it costs more than a record. */
  #notedTime = Number.NEGATIVE_INFINITY;
  #notedAtMs: number;

  constructor(settings: Settings<T>, context: OperatorContext<T>) {
    const { maxFutureMs, heldBytesMax, idleMs } = settings;
    this.#context = context;
    this.#settings = settings;
    this.#time = settings.time;
    this.#heldCounter = context.meter.counter("held");
    this.#releasedCounter = context.meter.counter("released");
    this.#notedAtMs = context.clock.now();
    const make = () => new PartitionClock(maxFutureMs, heldBytesMax, this);
    this.#clocks = context.state("clocks", new PartitionClocks(make, () => this.#restored()));
    if (context.live && Number.isFinite(idleMs)) {
      this.#silence = new SilenceWatch(context, this.#clocks, idleMs, (silent) => this.#fellSilent(silent));
    }
  }

  record(value: T): void {
    let time: number;
    try {
      time = this.#time(value);
    } catch (cause) {
      this.#context.failed(cause);
      return;
    }
    if (!Number.isFinite(time)) {
      this.#context.deadLetter("no event time");
      return;
    }
    const partition = this.#context.record.partition;
    const known = partition === this.#partition ? this.#clock : undefined;
    const clock = known ?? this.#find(partition);
    clock.changes += 1;
    if (clock.idle || clock.changes === 1) this.#spoke(clock);
    if (clock.arrive(time)) {
      this.#context.emitAt(time, value);
      clock.passed(time);
    } else this.#hold(clock, time, value);
  }

  /** The times that count are this step's. */
  watermark(): void {}

  /** The input says itself that it is silent. */
  idle(): void {
    this.#fellSilent(this.#clocks.all().filter((clock) => !clock.idle));
  }

  end(): void {
    this.#silence?.stop();
    for (const clock of this.#clocks.all()) settle(clock);
  }

  close(): void {
    this.#silence?.stop();
  }

  release(held: HeldRecord, time: number): void {
    this.#releasedCounter.value += 1;
    this.#context.as(held.kept, () => this.#context.emitAt(time, held.value as T));
  }

  refuse(held: HeldRecord): void {
    this.#context.as(held.kept, () => this.#context.deadLetter("too far ahead"));
  }

  advanced(clock: PartitionClock): void {
    const { slowest } = this.#clocks;
    if (slowest === clock || slowest === undefined) this.#announce();
  }

  status(): Record<string, unknown> {
    const partitions = this.#clocks.all().map((clock) => ({
      name: clock.name,
      highestTime: known(clock.highest),
      watermark: known(clock.highest - this.#settings.lagMs),
      held: clock.heldCount,
      idle: clock.idle,
    }));
    return {
      watermark: known(this.#clocks.watermark),
      watermarkSince: this.#notedAtMs,
      ...(this.#silence === undefined ? {} : { idleAfterMs: this.#settings.idleMs }),
      partitions,
    };
  }

  waitsFor(): string | undefined {
    const clock = this.#clocks.slowest;
    if (clock === undefined) {
      return this.#clocks.all().length === 0
        ? "event time has not begun: no record has come yet"
        : "the input has fallen silent: event time goes on with the next record";
    }
    if (clock.heldCount === 0) return undefined;
    const name = clock.name === undefined ? "the input" : `partition "${clock.name}"`;
    const held = `${clock.heldCount} records of ${name} are held aside`;
    if (clock.highest > Number.NEGATIVE_INFINITY) return `${held} as too far ahead of ${moment(clock.highest)}`;
    return `${held} until there are ${supportRecords} to begin with, or until it ends or falls silent`;
  }

  #hold(clock: PartitionClock, time: number, value: T): void {
    this.#heldCounter.value += 1;
    const held = holdRecord(this.#context.keep(), value);
    clock.hold(time, held.bytes, held);
  }

  #find(partition: Partition | undefined): PartitionClock {
    this.#partition = partition;
    this.#clock = this.#clocks.of(partition?.name);
    return this.#clock;
  }

  /** A partition joins those whose event time counts. The watermark does not go back for it. */
  #spoke(clock: PartitionClock): void {
    clock.idle = false;
    this.#clocks.findSlowest();
    this.#silence?.spoke(clock);
  }

  #fellSilent(silent: readonly PartitionClock[]): void {
    for (const clock of silent) settle(clock);
    for (const clock of silent) clock.idle = true;
    this.#announce();
    if (this.#clocks.slowest === undefined) this.#context.idle();
  }

  #announce(): void {
    const watermark = this.#clocks.findSlowest() - this.#settings.lagMs;
    if (watermark <= this.#clocks.watermark) return;
    this.#clocks.watermark = watermark;
    if (watermark >= this.#notedTime + 1000) {
      this.#notedTime = watermark;
      this.#notedAtMs = this.#context.clock.now();
    }
    this.#context.watermark(watermark);
  }

  #restored(): void {
    const { watermark } = this.#clocks;
    this.#notedAtMs = this.#context.clock.now();
    this.#notedTime = watermark;
    if (watermark !== Number.NEGATIVE_INFINITY) this.#context.watermark(watermark);
    const clocks = this.#clocks.all();
    for (const clock of clocks) if (!clock.idle) this.#silence?.spoke(clock);
    this.#silence?.begin();
    // Those behind do not remember it, and nobody would say it again.
    if (clocks.length > 0 && clocks.every((clock) => clock.idle)) this.#context.idle();
  }
}

function settle(clock: PartitionClock): void {
  clock.settle();
  clock.changes += 1;
}

function known(time: number): number | undefined {
  return Number.isFinite(time) ? time : undefined;
}

/** A time for people; numbers that no calendar reaches are given as they are. */
function moment(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

function positiveMs(name: string, duration: Duration | undefined): number {
  if (duration === undefined) return Number.POSITIVE_INFINITY;
  const ms = durationMs(duration);
  if (ms > 0) return ms;
  throw new MillraceError("ML1002", { message: `eventTime: "${name}" must be longer than nothing` });
}

function detailsOf<T>({ lagMs, maxFutureMs, idleMs }: Settings<T>): string {
  const future = Number.isFinite(maxFutureMs) ? `, max future ${durationText(maxFutureMs)}` : "";
  const idle = Number.isFinite(idleMs) ? `, idle ${durationText(idleMs)}` : "";
  return `lag ${durationText(lagMs)}${future}${idle}`;
}
