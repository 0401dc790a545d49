import { MillraceError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { Operator, OperatorContext, Task } from "../core/operator.ts";
import type { ValueCodec } from "../state/value-codec.ts";
import { heldValueCodec } from "./held-value.ts";
import { JournalRecord } from "./journal-group.ts";
import { JournalStore } from "./journal-store.ts";

/** How much a journal holds, and how it writes it down. */
export interface JournalOptions<T = unknown> {
  /** The most records that are in it, not durable or not yet handed on; the sources wait at that. 10,000 unless told. */
  readonly capacity?: number | undefined;
  /**
   * A value's bytes in the state, and in memory while a checkpoint is under way. For values that have bytes of their own, several times faster than
   * a structured clone, the default.
   */
  readonly codec?: ValueCodec<T> | undefined;
}

/** Records handed on in one go, so that sinks can send meanwhile. */
const releaseMax: number = limits.batchRecordsMax;

/**
 * Hands a record on only when it is durable: when a checkpoint that has it is safe in the state. So nothing that is done
 * about a record behind this step, such as telling somebody of it, is ever unknown after a crash, though the source cannot be read again. What
 * came together is committed together: the interval between checkpoints is what a record waits, and what a commit costs is shared.
 *
 * After a crash what was durable and not known to have been handed on is handed on first. In a run without checkpoints records pass as they come.
 *
 * State: the records; without a codec values must be such as a structured clone copies. Watermarks and silence stay behind what came before them.
 */
export function journal<T>(options: JournalOptions<T> = {}): Operator<T, T> {
  const { capacity = 10_000, codec = heldValueCodec as ValueCodec<T> } = options;
  if (!Number.isSafeInteger(capacity) || capacity < 1) {
    throw new MillraceError("ML1002", { message: 'journal: "capacity" must be a whole number above 0' });
  }
  return {
    kind: "journal",
    stateVersion: "journal/2",
    spread: { kind: "partition" },
    details: `at most ${capacity} records`,
    open: (context) => new JournalTask(capacity, codec, context),
  };
}

/** A watermark, or the news that the input fell silent (undefined), behind as many records as had come by then. */
interface Marker {
  readonly behind: number;
  readonly time: number | undefined;
}

class JournalTask<T> implements Task<T> {
  readonly #context: OperatorContext<T>;
  readonly #capacity: number;
  readonly #store: JournalStore;
  #markers: Marker[] = [];
  #came = 0;
  #holding = false;
  #releasing = false;
  #whenEmpty: (() => void)[] = [];
  #leaving: JournalRecord | undefined;

  constructor(capacity: number, codec: ValueCodec<T>, context: OperatorContext<T>) {
    this.#capacity = capacity;
    this.#context = context;
    const store = new JournalStore(codec as ValueCodec<unknown>, () => context.enter(this.#release));
    this.#store = context.state("records", store);
    context.meter.gauge("held", () => this.#store.size);
  }

  record(value: T): void {
    if (!this.#context.checkpointed) {
      this.#context.emit(value);
      return;
    }
    const { time, key, partition } = this.#context.record;
    this.#store.push(new JournalRecord(value, { time, key, partition: partition?.name }));
    this.#came += 1;
    this.#holdIfFull();
  }

  watermark(time: number): void {
    this.#mark(time);
  }

  idle(): void {
    this.#mark(undefined);
  }

  end(): Promise<void> {
    return this.settle();
  }

  settle(): Promise<void> {
    if (this.#store.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  status(): Record<string, unknown> {
    return { held: this.#store.size };
  }

  waitsFor(): string | undefined {
    return this.#store.size === 0 ? undefined : `${this.#store.size} records wait until they are durable`;
  }

  #mark(time: number | undefined): void {
    if (this.#store.size === 0) this.#pass(time);
    else if (
      this.#markers.at(-1)?.behind === this.#came &&
      time !== undefined &&
      this.#markers.at(-1)!.time !== undefined
    ) {
      this.#markers[this.#markers.length - 1] = { behind: this.#came, time };
    } else this.#markers.push({ behind: this.#came, time });
  }

  #pass(time: number | undefined): void {
    if (time === undefined) this.#context.idle();
    else this.#context.watermark(time);
  }

  readonly #goOn = (): void => {
    this.#releasing = false;
    this.#release();
  };

  readonly #release = (): void => {
    if (this.#releasing) return;
    const store = this.#store;
    for (let left = releaseMax; store.ready; left--) {
      if (left === 0 || this.#context.heldBehind) {
        this.#releasing = true;
        this.#context.whenFree(this.#goOn);
        break;
      }
      this.#leaving = store.shift();
      this.#context.as(this.#leaving, this.#emit);
      this.#passMarkers();
    }
    this.#holdIfFull();
    if (store.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  };

  readonly #emit = (): void => this.#context.emit(this.#leaving!.value as T);

  #passMarkers(): void {
    const left = this.#came - this.#store.size;
    while (this.#markers.length > 0 && this.#markers[0]!.behind <= left) this.#pass(this.#markers.shift()!.time);
  }

  #holdIfFull(): void {
    const full = this.#store.size >= this.#capacity;
    if (full === this.#holding) return;
    this.#holding = full;
    if (full) this.#context.hold();
    else this.#context.release();
  }
}
