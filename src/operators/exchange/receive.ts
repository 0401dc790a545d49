import type { Operator, OperatorContext, Task } from "../../core/operator.ts";
import { Slice } from "../../core/records.ts";
import { decodeRecord, decodeReport, type ExchangedRecord, kindOf, kinds, type Report } from "./format.ts";
import { SenderClocks } from "./sender-clocks.ts";

/** What a task that reads an exchange is told of its run. */
export interface ReceiveOptions {
  /** Where each source partition ends; undefined when the input goes on for ever. */
  readonly ends: ReadonlyMap<string, number> | undefined;
  /** Called once, when all who write into the exchange have ended: with up to where, by source partition. */
  readonly onEnded: (through: Readonly<Record<string, number>>) => void;
}

/**
 * Takes what the tasks of the stage before have sent: keyed records come out with their key and event time, parts of results
 * as bytes. Event time is the lowest of the senders' that are neither silent nor ended, from when each of them has told its own;
 * it never goes back. When all are silent, so is this step.
 *
 * The record at hand behind it is the exchanged one: its place is that in the exchange. State: where each sender stands.
 */
export function receive(options: ReceiveOptions): Operator<Slice, unknown> {
  return { kind: "receive", stateVersion: "receive/1", open: (context) => new ReceiveTask(context, options) };
}

class ReceiveTask implements Task<Slice> {
  readonly #context: OperatorContext<unknown>;
  readonly #options: ReceiveOptions;
  readonly #clocks: SenderClocks;
  readonly #record: ExchangedRecord = { time: Number.NaN, horizon: 0, key: "", value: undefined };
  readonly #slice = new Slice();
  #bytes: Uint8Array | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;
  /** By sender: wall time of its last report in this run. */
  readonly #toldAtMs = new Map<string, number>();
  #movedAtMs: number;

  constructor(context: OperatorContext<unknown>, options: ReceiveOptions) {
    this.#context = context;
    this.#options = options;
    this.#movedAtMs = context.clock.now();
    this.#clocks = context.state("senders", new SenderClocks(options.ends, () => this.#restored()));
  }

  record(slice: Slice): void {
    const { buffer, start, end } = slice;
    const kind = kindOf(buffer, start, end);
    if (kind === kinds.part) {
      this.#clocks.spoke = true;
      this.#slice.buffer = buffer;
      this.#slice.start = start + 1;
      this.#slice.end = end;
      this.#context.emit(this.#slice);
    } else if (kind === kinds.record) this.#takeRecord(this.#bufferOf(buffer), start, end);
    else if (kind === kinds.report) this.#takeReport(this.#bufferOf(buffer), start, end);
    else this.#context.deadLetter("not of an exchange");
  }

  /** The times that count are the senders'. */
  watermark(): void {}

  /** So is silence. */
  idle(): void {}

  status(): Record<string, unknown> {
    const clocks = this.#clocks;
    // Until all have told, none of those that have holds event time up.
    const telling = clocks.known < clocks.total ? [] : clocks.all();
    return {
      watermark: finite(clocks.watermark),
      watermarkSince: this.#movedAtMs,
      partitions: telling.map((sender) => ({
        name: sender.from,
        highestTime: finite(sender.watermark),
        idle: sender.idle || clocks.hasEnded(sender),
        toldAtMs: this.#toldAtMs.get(sender.from),
      })),
      senders: clocks.known,
      sendersThereAre: clocks.total,
    };
  }

  waitsFor(): string | undefined {
    const { total, known } = this.#clocks;
    if (total === 0 || known >= total) return undefined;
    return `event time begins when all ${total} partitions before the exchange have told theirs: ${total - known} have not`;
  }

  #takeRecord(bytes: Buffer, start: number, end: number): void {
    const record = this.#record;
    try {
      decodeRecord(bytes, start, end, this.#slice, record);
    } catch {
      this.#context.deadLetter("damaged in the exchange");
      return;
    }
    this.#clocks.spoke = true;
    this.#context.emitKeyed(record.key, record.value, record.time, record.horizon);
  }

  #takeReport(bytes: Buffer, start: number, end: number): void {
    let report: Report;
    try {
      report = decodeReport(bytes, start, end);
    } catch {
      this.#context.deadLetter("damaged in the exchange");
      return;
    }
    this.#clocks.take(report);
    this.#toldAtMs.set(report.from, this.#context.clock.now());
    this.#goOn(report.idle || report.ended !== undefined);
  }

  /** Hands on what the reports come to; silence only on news of silence, but then each time, since something may have come between. */
  #goOn(fellSilent: boolean): void {
    const clocks = this.#clocks;
    const before = clocks.watermark;
    const standing = clocks.stand();
    if (clocks.watermark > before) {
      this.#movedAtMs = this.#context.clock.now();
      this.#context.watermark(clocks.watermark);
    }
    if (standing === "silent" && fellSilent) {
      clocks.spoke = false;
      this.#context.idle();
    }
    if (standing === "ended") this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onEnded(this.#clocks.through());
  }

  #restored(): void {
    const { watermark, spoke } = this.#clocks;
    if (watermark !== Number.NEGATIVE_INFINITY) this.#context.watermark(watermark);
    this.#goOn(!spoke);
  }

  #bufferOf(bytes: Uint8Array): Buffer {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#buffer;
  }
}

function finite(time: number): number | undefined {
  return Number.isFinite(time) ? time : undefined;
}
