import { type Duration, durationMs, durationText } from "../core/duration.ts";
import { MillraceError } from "../core/errors.ts";
import { limits } from "../core/limits.ts";
import type { KeptRecord, OnError, Operator, OperatorContext, Task } from "../core/operator.ts";
import { Slice } from "../core/records.ts";
import { type KeyedStore, keyedStore } from "../state/keyed-store.ts";
import { checkedRetry, type RetryPolicy, retryDelayMs } from "./retry.ts";

/** How `mapAsync` calls. */
export interface MapAsyncOptions {
  /** Calls under way at once, 1 or more; 64 unless told. At that many the sources wait, and with them what a record of theirs became besides. */
  readonly concurrency?: number | undefined;
  /** `"kept"` (default): results leave in the order their records came. `"any"`: as they come, but never across a watermark. */
  readonly order?: "kept" | "any" | undefined;
  /** How long one try may take. None unless told. */
  readonly timeout?: Duration | undefined;
  /** Tries again, with exponential backoff and full jitter. Not at all unless told. */
  readonly retry?: RetryPolicy | undefined;
  /** What to do with a record whose last try failed: `"fail"` (default), `"skip"` or `"deadLetter"`. */
  readonly onError?: OnError | undefined;
}

/** What a call is told besides its value. */
export interface CallInfo {
  /** Aborts when the try has run out of time, or the pipeline closes. */
  readonly signal: AbortSignal;
  /** 1 for the first try. */
  readonly attempt: number;
}

/**
 * Each record becomes what `call` resolves to. A bounded number of calls is under way; the stream does not wait for a slow
 * one (but for order), and neither do checkpoints: the records whose results are still out are part of the state, and are
 * called again after a crash. So a call may happen twice, its result is used once. Results that wait for an earlier one
 * count as under way. Throws `ML1002` or `ML1003` when it is not set rightly.
 */
export function mapAsync<In, Out>(
  call: (value: In, info: CallInfo) => Promise<Out>,
  options: MapAsyncOptions = {},
): Operator<In, Out> {
  const settings = checked(options);
  return {
    kind: "mapAsync",
    details: `${settings.concurrency} at once, order ${settings.keepsOrder ? "kept" : "any"}`,
    stateVersion: "in-flight/1",
    spread: { kind: "partition" },
    onError: options.onError,
    open: (context) => new AsyncTask(call, settings, context),
  };
}

interface Settings {
  readonly concurrency: number;
  readonly keepsOrder: boolean;
  readonly timeout: Duration | undefined;
  /** Infinite: none. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy | undefined;
}

function checked({ concurrency = limits.asyncInFlightMax, order = "kept", timeout, retry }: MapAsyncOptions): Settings {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new MillraceError("ML1002", {
      message: `mapAsync: "concurrency" must be a whole number from 1, not ${concurrency}`,
    });
  }
  if (order !== "kept" && order !== "any") {
    throw new MillraceError("ML1002", {
      message: `mapAsync: "order" must be "kept" or "any", not ${JSON.stringify(order)}`,
    });
  }
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : durationMs(timeout);
  return { concurrency, keepsOrder: order === "kept", timeout, timeoutMs, retry: checkedRetry("mapAsync", retry) };
}

interface Call<In, Out> {
  readonly sequence: number;
  readonly value: In;
  readonly kept: KeptRecord;
  result: { readonly value: Out } | { readonly failure: unknown } | undefined;
}

/** A watermark or an idle signal that keeps its place among the calls. */
interface Marker {
  readonly pass: () => void;
}

/** A call as it is stored: of a slice its bytes. */
interface Waiting {
  readonly value: unknown;
  readonly kept: KeptRecord;
  readonly isSlice?: true;
}

class AsyncTask<In, Out> implements Task<In> {
  readonly #call: (value: In, info: CallInfo) => Promise<Out>;
  readonly #settings: Settings;
  readonly #context: OperatorContext<Out>;
  readonly #abort = new AbortController();
  readonly #store: KeyedStore<Waiting>;
  readonly #queue: (Call<In, Out> | Marker)[] = [];
  /** Calls whose turn has not come: what one record of a source became may be more than may be called at once. */
  readonly #waiting: Call<In, Out>[] = [];
  #inFlight = 0;
  #holding = false;
  #sequence = 0;
  #whenEmpty: (() => void)[] = [];

  constructor(call: (value: In, info: CallInfo) => Promise<Out>, settings: Settings, context: OperatorContext<Out>) {
    this.#call = call;
    this.#settings = settings;
    this.#context = context;
    const store = keyedStore<Waiting>();
    this.#store = store;
    context.state("calls", {
      collect: (log) => store.collect(log),
      entries: () => store.entries(),
      apply: (key, value) => store.apply(key, value),
      restored: () => this.#callAgain(),
      unwatched: () => store.unwatched?.(),
    });
  }

  record(value: In): void {
    const own = value instanceof Slice ? (Slice.over(value.copy()) as In) : value;
    this.#begin(this.#sequence, own, this.#context.keep());
  }

  watermark(time: number): void {
    this.#mark(() => this.#context.watermark(time));
  }

  idle(): void {
    this.#mark(() => this.#context.idle());
  }

  end(): Promise<void> {
    return this.settle();
  }

  settle(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  close(): void {
    this.#abort.abort();
  }

  status(): Record<string, unknown> {
    return { inFlight: this.#inFlight, waiting: this.#waiting.length, concurrency: this.#settings.concurrency };
  }

  waitsFor(): string | undefined {
    return this.#inFlight === 0
      ? undefined
      : `waits for ${this.#inFlight} of at most ${this.#settings.concurrency} calls`;
  }

  #callAgain(): void {
    const waiting = [...this.#store].sort(([a], [b]) => Number(a) - Number(b));
    for (const [sequence, { value, kept, isSlice }] of waiting) {
      this.#begin(Number(sequence), (isSlice ? Slice.over(value as Uint8Array) : value) as In, kept);
    }
  }

  #begin(sequence: number, value: In, kept: KeptRecord): void {
    this.#sequence = sequence + 1;
    this.#store.set(sequence, value instanceof Slice ? { value: value.buffer, kept, isSlice: true } : { value, kept });
    const call: Call<In, Out> = { sequence, value, kept, result: undefined };
    this.#queue.push(call);
    this.#waiting.push(call);
    this.#callWaiting();
  }

  /** Begins calls up to the bound; at the bound the sources wait. */
  #callWaiting(): void {
    const { concurrency } = this.#settings;
    while (this.#inFlight < concurrency && this.#waiting.length > 0) {
      this.#inFlight += 1;
      void this.#try(this.#waiting.shift()!, 1);
    }
    const isFull = this.#inFlight >= concurrency;
    if (isFull === this.#holding) return;
    this.#holding = isFull;
    if (isFull) this.#context.hold();
    else this.#context.release();
  }

  async #try(call: Call<In, Out>, attempt: number): Promise<void> {
    let result: { readonly value: Out } | { readonly failure: unknown };
    try {
      result = { value: await this.#timed(call.value, attempt) };
    } catch (failure) {
      result = { failure };
    }
    if (this.#abort.signal.aborted) return;
    const { retry } = this.#settings;
    if ("failure" in result && retry !== undefined && attempt < retry.attempts) {
      this.#context.meter.counter("retries").value += 1;
      this.#context.timer(retryDelayMs(retry, attempt, this.#context.random), () => void this.#try(call, attempt + 1));
      return;
    }
    this.#context.enter(() => {
      call.result = result;
      this.#release();
    });
  }

  async #timed(value: In, attempt: number): Promise<Out> {
    const { timeout, timeoutMs } = this.#settings;
    if (timeout === undefined) return this.#call(value, { signal: this.#abort.signal, attempt });
    const late = new AbortController();
    const expired = Promise.withResolvers<never>();
    const timer = this.#context.timer(timeoutMs, () => {
      const error = new Error(`no answer within ${typeof timeout === "number" ? durationText(timeout) : timeout}`);
      late.abort(error);
      expired.reject(error);
    });
    try {
      const signal = AbortSignal.any([late.signal, this.#abort.signal]);
      return await Promise.race([this.#call(value, { signal, attempt }), expired.promise]);
    } finally {
      timer.cancel();
    }
  }

  #mark(pass: () => void): void {
    if (this.#queue.length === 0) pass();
    else this.#queue.push({ pass });
  }

  /** Hands on what may leave: in order from the front, or everything before the next marker. */
  #release(): void {
    for (let at = 0; at < this.#queue.length; ) {
      const entry = this.#queue[at]!;
      if ("pass" in entry) {
        if (at > 0) break;
        this.#queue.shift();
        entry.pass();
      } else if (entry.result !== undefined) {
        this.#queue.splice(at, 1);
        this.#finish(entry);
      } else if (this.#settings.keepsOrder) break;
      else at += 1;
    }
    if (this.#queue.length > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #finish(call: Call<In, Out>): void {
    this.#store.delete(call.sequence);
    this.#inFlight -= 1;
    this.#callWaiting();
    const { result } = call;
    this.#context.as(call.kept, () => {
      if (result === undefined) return;
      if ("failure" in result) this.#context.failed(result.failure);
      else this.#context.emit(result.value);
    });
  }
}
