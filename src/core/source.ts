import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { Meter } from "./meter.ts";
import type { Batch, Position } from "./records.ts";

/** What a source is, told before it is opened, for `explain()` and for what the engine may promise. */
export interface SourceTraits {
  /** For people: `"file frames.jsonl"`. */
  readonly name: string;
  /** Whether it can be read again from a position it gave: without that, nothing is exactly-once across a crash. */
  readonly replayable: boolean;
  /** Whether silence means something: true for sockets, pipes, followed files and Kafka, false for a file read to its end. */
  readonly live: boolean;
}

/** What the engine gives a source. */
export interface SourceContext {
  readonly id: string;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly meter: Meter;
  /** By partition name: where the last checkpoint left off. Empty on a first run. */
  readonly resume: ReadonlyMap<string, Position>;
  /** Aborts when the pipeline wants no more: a `read` that waits must then resolve, to `"end"` if it has nothing. */
  readonly signal: AbortSignal;
}

/** How far a source has come, in bytes of what it reads (compressed bytes for a compressed file). */
export interface SourceProgress {
  readonly doneBytes: number;
  /** Undefined when it has no end, or the end is not known. */
  readonly totalBytes: number | undefined;
}

/**
 * Tells where the records lie that `read` is about to give, as soon as that is known: the steps behind may look at them while
 * the reader does what it has yet to do, such as computing checksums. A hint, once a read: nothing is worked on before it is given.
 */
export type Announce = (buffer: Uint8Array, bounds: Int32Array, size: number) => void;

/**
 * An open source. `read` is called again only after the promise before has settled, and not while the pipeline is held
 * back, so a reader that reads only when asked needs no bound of its own beyond one batch of read-ahead.
 *
 * - A batch keeps the order of its partition. A position says where to go on; reading from it again must give the same
 *   records, byte for byte, when `replayable`.
 * - `"end"` is a value, not an error: nothing will come any more. It is not called after.
 * - The batch's buffer may be used again after the next `read` is *called*.
 * - `acknowledge` tells that everything before these positions is safe for ever: a broker may forget it, a client may be
 *   answered. Called after a checkpoint is durable; never before, and not at all without checkpoints until the end.
 * - `pending` is true when the next `read` would resolve at once: the engine then need not push out half-full buffers.
 *
 * A batch without records is allowed where it moves the position: past what a broker keeps between records.
 *
 * The usual mistake: to return an empty batch instead of waiting, which makes the engine spin.
 */
export interface SourceReader<T> {
  read(announce?: Announce): Promise<Batch<T> | "end">;
  acknowledge?(positions: ReadonlyMap<string, Position>): Promise<void>;
  readonly pending?: boolean;
  progress?(): SourceProgress;
  /** Extra figures for `/status`, such as lag by partition. */
  status?(): Record<string, unknown>;
  close(): Promise<void>;
}

/** Where records come from. A description until `open`: the same source object may be run many times. */
export interface Source<out T> {
  readonly traits: SourceTraits;
  /** Rejects with `ML3001` when it cannot be read, `ML3002` when it cannot go on from `resume`. */
  open(context: SourceContext): Promise<SourceReader<T>>;
}
