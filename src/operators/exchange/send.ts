import type { OnError, Operator, OperatorContext, PartialResult, Task } from "../../core/operator.ts";
import type { StoreKey } from "../../state/store-key.ts";
import { type Hash64, hash64 } from "../aggregates/hash64.ts";
import type { Exchanged } from "./exchanged.ts";
import { encodePart, encodeRecord } from "./format.ts";
import { Reporter, type ReporterOptions } from "./reporter.ts";

/** Where a task's stage ends: the exchange, and who the task is. */
export interface SendOptions extends ReporterOptions {
  /** What becomes of a record whose value cannot be sent: that of the step that gave it its key. */
  readonly onError?: OnError | undefined;
  /** Of the exchange. */
  readonly partitions: number;
}

/**
 * Sends keyed records to the task of the next stage that has their key, with their event time. What is kept of a value is what
 * a structured clone keeps; a {@link Slice} goes as the bytes it is. Watermarks, silence and the end are told to all tasks.
 */
export function sendByKey(options: SendOptions): Operator<unknown, Exchanged> {
  return {
    kind: "send by key",
    details: detailsOf(options),
    onError: options.onError,
    open: (context) => new KeySender(context, options),
  };
}

/** Sends parts of results to the tasks of the next stage that put them together; and event time as {@link sendByKey} does. */
export function sendParts(options: SendOptions): Operator<PartialResult, Exchanged> {
  return { kind: "send parts", details: detailsOf(options), open: (context) => new PartSender(context, options) };
}

function detailsOf({ partitions }: SendOptions): string {
  return `to ${partitions} partitions`;
}

abstract class Sender<In> implements Task<In> {
  protected readonly context: OperatorContext<Exchanged>;
  protected readonly partitions: number;
  protected readonly reporter: Reporter;

  constructor(context: OperatorContext<Exchanged>, options: SendOptions) {
    this.context = context;
    this.partitions = options.partitions;
    this.reporter = new Reporter(context, options);
  }

  abstract record(value: In): void;

  watermark(time: number): void {
    this.reporter.watermark(time);
  }

  idle(): void {
    this.reporter.idle();
  }

  end(): void {
    this.reporter.end();
  }
}

const hash: Hash64 = { high: 0, low: 0 };

class KeySender extends Sender<unknown> {
  record(value: unknown): void {
    const { time, key, horizon = Number.NEGATIVE_INFINITY } = this.context.record;
    this.reporter.spoke();
    let bytes: Uint8Array;
    try {
      bytes = encodeRecord(time, Math.max(horizon, this.reporter.time), key as StoreKey, value);
    } catch (cause) {
      this.context.failed(cause);
      return;
    }
    hash64(key as string | number, hash);
    const to = (hash.high >>> 0) % this.partitions;
    this.context.emit({ to, bytes, time: this.context.clock.now() });
  }
}

class PartSender extends Sender<PartialResult> {
  record(part: PartialResult): void {
    const to = (part.hash >>> 0) % this.partitions;
    this.context.emit({ to, bytes: encodePart(part.bytes), time: this.context.clock.now() });
  }
}
