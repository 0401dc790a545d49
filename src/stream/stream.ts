import type { Decoder } from "../core/codec.ts";
import { MillraceError } from "../core/errors.ts";
import type { Operator } from "../core/operator.ts";
import type { Slice } from "../core/records.ts";
import type { Sink } from "../core/sink.ts";
import type { Source } from "../core/source.ts";
import { branch } from "../operators/branch.ts";
import { type DecodeOptions, decode } from "../operators/decode.ts";
import { type EventTimeOptions, eventTime } from "../operators/event-time.ts";
import { filter } from "../operators/filter.ts";
import { flatMap } from "../operators/flat-map.ts";
import { type JournalOptions, journal } from "../operators/journal.ts";
import { type Key, keyBy } from "../operators/key-by.ts";
import { map, type StepOptions } from "../operators/map.ts";
import { type CallInfo, type MapAsyncOptions, mapAsync } from "../operators/map-async.ts";
import { merge } from "../operators/merge.ts";
import { type Processor, process } from "../operators/process.ts";
import { resequence } from "../operators/resequence.ts";
import type { ResequenceOptions } from "../operators/resequence-settings.ts";
import { throttle } from "../operators/throttle.ts";
import {
  type Aggregated,
  type AggregateResults,
  type Aggregates,
  type LateOptions,
  windowAggregate,
} from "../operators/window.ts";
import type { Windows } from "../time/windows.ts";
import type { Draft, DraftInput } from "./draft.ts";
import { Pipeline } from "./pipeline.ts";

/** A stream of bytes, or what a compiler says of one that is none. */
type OfBytes<T, K> = [T] extends [Slice]
  ? Stream<T, K>
  : "decode reads bytes: it comes right behind a source that gives them, such as a file";

/** What a compiler says of a branch that is called "rest". */
interface NoRest {
  readonly rest?: 'no branch can be called "rest", which has what no condition holds for';
}

/**
 * A stream of `T`, as a pipeline is being built. Nothing runs: each method gives a new stream that knows what came before.
 * The first argument of every step is its id, on which state, metrics and errors hang; it must be unique in the pipeline.
 */
export class Stream<T, K = undefined> {
  readonly #input: DraftInput;

  /** @internal Streams come from `stream(id, source)`. */
  constructor(input: DraftInput) {
    this.#input = input;
  }

  /** Adds anyone's own operator. Every other method is this one with an operator of the engine's. */
  via<Out>(id: string, operator: Operator<T, Out>): Stream<Out, K> {
    return new Stream({ draft: { type: "operator", id, operator, inputs: [this.#input] } });
  }

  /** A side output of the step before, such as a window's `"late"`; its type is what that step says it is. */
  side<Out>(port: string): Stream<Out, K> {
    return new Stream({ draft: this.#input.draft, port });
  }

  /** See {@link decode}. */
  decode<Out>(this: OfBytes<T, K>, id: string, decoder: Decoder<Out>, options?: DecodeOptions): Stream<Out, K> {
    return (this as unknown as Stream<Slice, K>).via(id, decode(decoder, options));
  }

  /** See {@link map}. */
  map<Out>(id: string, change: (value: T) => Out, options?: StepOptions): Stream<Out, K> {
    return this.via(id, map(change, options));
  }

  /** See {@link filter}. */
  filter(id: string, keep: (value: T) => boolean, options?: StepOptions): Stream<T, K> {
    return this.via(id, filter(keep, options));
  }

  /** See {@link flatMap}. */
  flatMap<Out>(id: string, expand: (value: T) => Iterable<Out>, options?: StepOptions): Stream<Out, K> {
    return this.via(id, flatMap(expand, options));
  }

  /** See {@link mapAsync}. */
  mapAsync<Out>(
    id: string,
    call: (value: T, info: CallInfo) => Promise<Out>,
    options?: MapAsyncOptions,
  ): Stream<Out, K> {
    return this.via(id, mapAsync(call, options));
  }

  /** See {@link keyBy}. */
  keyBy<NewKey extends Key>(id: string, key: (value: T) => NewKey, options?: StepOptions): Stream<T, NewKey> {
    return new Stream({ draft: { type: "operator", id, operator: keyBy(key, options), inputs: [this.#input] } });
  }

  /** See {@link process}. */
  process<Out>(id: string, processor: Processor<T, Out, K>): Stream<Out, K> {
    return this.via(id, process(processor));
  }

  /** See {@link journal}. */
  journal(id: string, options?: JournalOptions<T>): Stream<T, K> {
    return this.via(id, journal(options));
  }

  /** See {@link resequence}. */
  resequence(id: string, options: ResequenceOptions<T>): Stream<T, K> {
    return this.via(id, resequence(options));
  }

  /** See {@link throttle}. */
  throttle(id: string, rate: string): Stream<T, K> {
    return this.via(id, throttle(rate));
  }

  /** See {@link eventTime}. `time` gives milliseconds since the epoch. */
  eventTime(id: string, time: (value: T) => number, options: Omit<EventTimeOptions<T>, "time">): Stream<T, K> {
    return this.via(id, eventTime({ ...options, time }));
  }

  /** Splits into windows of event time; `aggregate` says what is made of each. */
  window(id: string, windows: Windows, options?: LateOptions): Windowed<T, K> {
    return new Windowed(this, id, windows, options);
  }

  /** Splits by conditions, the first that holds; `rest` has what none holds for. See {@link branch}. */
  branch<Name extends string>(
    id: string,
    conditions: Readonly<Record<Name, (value: T) => boolean>> & NoRest,
    options?: StepOptions,
  ): Record<Name | "rest", Stream<T, K>> {
    if (Object.hasOwn(conditions, "rest")) {
      const message = 'no branch can be called "rest", which has what no condition holds for';
      throw new MillraceError("ML1001", { message, step: id });
    }
    const rest = this.via(id, branch<T>(conditions, options));
    const branches = Object.keys(conditions).map((name) => [name, rest.side<T>(name)]);
    return { ...Object.fromEntries(branches), rest };
  }

  /** Joins this stream with others of the same type. See {@link merge}. */
  merge(id: string, ...others: readonly Stream<T, K>[]): Stream<T, K> {
    const inputs = [this, ...others].map((one) => one.#input);
    return new Stream({ draft: { type: "operator", id, operator: merge<T>(), inputs } });
  }

  /** Ends in a sink. */
  to(id: string, sink: Sink<T>): Pipeline {
    const end: Draft = { type: "sink", id, sink, inputs: [this.#input] };
    return new Pipeline([end]);
  }
}

/** A stream cut into windows, before it is said what is made of them. */
export class Windowed<T, K> {
  readonly #stream: Stream<T, K>;
  readonly #id: string;
  readonly #windows: Windows;
  readonly #options: LateOptions;

  /** @internal Comes from `Stream.window`. */
  constructor(stream: Stream<T, K>, id: string, windows: Windows, options: LateOptions = {}) {
    this.#stream = stream;
    this.#id = id;
    this.#windows = windows;
    this.#options = options;
  }

  /** Computes the named aggregates of each window, of each key, all from one pass over the records. See {@link windowAggregate}. */
  aggregate<const A extends Aggregates<T>>(aggregates: A): Stream<Aggregated<K, AggregateResults<A>>, K> {
    const options = { ...this.#options, windows: this.#windows, aggregates };
    return this.#stream.via(this.#id, windowAggregate<T, K, A>(options));
  }
}

/** Starts a pipeline at a source. */
export function stream<T>(id: string, source: Source<T>): Stream<T> {
  return new Stream({ draft: { type: "source", id, source, inputs: [] } });
}
