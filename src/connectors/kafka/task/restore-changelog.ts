import type { Clock } from "../../../core/clock.ts";
import { MillraceError, reasonOf } from "../../../core/errors.ts";
import type { Random } from "../../../core/random.ts";
import { type KafkaClient, nameOf, type TopicPartition } from "../client/kafka-client.ts";
import { KafkaFailure } from "../client/kafka-failure.ts";
import { Fetcher } from "../fetcher.ts";
import { MalformedBatch } from "../malformed-batch.ts";
import { RecordBatches } from "../record-batches.ts";
import { RecordColumns } from "../record-columns.ts";
import { retrying } from "../retrying.ts";
import { UnpackedMemory } from "../unpacked-memory.ts";
import { ChangelogReplay, type OnChange } from "./changelog-replay.ts";
import type { Pieces } from "./pieces.ts";

/** How far a restore has come. */
export interface RestoreProgress {
  readonly place: TopicPartition;
  readonly records: number;
  /** Of keys and values, unpacked. */
  readonly bytes: number;
  /** By position, 0 to 1. */
  readonly share: number;
  readonly elapsedMs: number;
  readonly isDone: boolean;
}

/** What a restore needs. */
export interface RestoreOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly place: TopicPartition;
  readonly onChange: OnChange;
  /** Called now and then, and at the end. */
  readonly onProgress: (progress: RestoreProgress) => void;
  readonly onTrouble: (failure: KafkaFailure) => void;
  readonly signal: AbortSignal | undefined;
}

/** What has been restored. */
export interface Restored {
  readonly records: number;
  readonly bytes: number;
  readonly elapsedMs: number;
  readonly pieces: Pieces;
}

const fetchBytes = 4 * 1024 * 1024;
const inFlightBytesMax = 3 * fetchBytes;
/** Short: once the end is there nothing more comes, and the fetch that waits for it is waited for. */
const maxWaitMs = 50;
const columnsMax = 4096;
const patienceMs = 60_000;
/** How long it may work before it lets timers and sockets have their turn, and how often it tells how far it is. */
const turnMs = 10;
const tellMs = 1000;

/**
 * Gives back every change that a partition of a changelog holds, in order. Done when the position has reached the end that the
 * partition has now, whatever lies there: markers of transactions count. Read committed: an open transaction is waited for. Rejects with `ML5002` when what lies there is no
 * changelog, and when `signal` aborts.
 */
export async function restoreChangelog(options: RestoreOptions): Promise<Restored> {
  const { client, clock, random, place, signal, onProgress } = options;
  const began = clock.monotonic();
  const ask = (at: "earliest" | "latest") =>
    retrying(() => client.offsets([place], at, false), { clock, random, patienceMs, signal });
  const first = (await ask("earliest")).get(nameOf(place))!;
  const end = (await ask("latest")).get(nameOf(place))!;
  const replay = new ChangelogReplay(options.onChange);
  const tell = (position: number) => {
    const share = end === first ? 1 : Math.min(1, (position - first) / (end - first));
    const elapsedMs = clock.monotonic() - began;
    onProgress({ place, records: replay.records, bytes: replay.bytes, share, elapsedMs, isDone: position >= end });
  };
  if (end > first) await replayRange(options, replay, first, end, tell);
  tell(end);
  const { records, bytes, pieces } = replay;
  return { records, bytes, pieces, elapsedMs: clock.monotonic() - began };
}

async function replayRange(
  options: RestoreOptions,
  replay: ChangelogReplay,
  first: number,
  end: number,
  tell: (position: number) => void,
): Promise<void> {
  const { clock, place, signal } = options;
  const fetcher = new Fetcher({ ...options, committedOnly: true, fetchBytes, inFlightBytesMax, maxWaitMs });
  const giveUp = () => fetcher.interrupt();
  if (signal?.aborted) giveUp();
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    fetcher.add(place, first);
    const unpacked = new UnpackedMemory();
    let toldAt = clock.monotonic();
    for (let position = first; position < end; ) {
      const piece = await fetcher.next();
      if ("failure" in piece) throw piece.failure;
      await replayPiece(clock, new RecordBatches(piece, unpacked), replay, signal);
      fetcher.release(piece);
      position = piece.nextOffset;
      if (position >= end || clock.monotonic() - toldAt < tellMs) continue;
      toldAt = clock.monotonic();
      tell(position);
    }
  } catch (cause) {
    throw cause instanceof MalformedBatch ? unreadable(place, cause) : cause;
  } finally {
    signal?.removeEventListener("abort", giveUp);
    await fetcher.close();
  }
}

async function replayPiece(
  clock: Clock,
  batches: RecordBatches,
  replay: ChangelogReplay,
  signal: AbortSignal | undefined,
): Promise<void> {
  const columns = new RecordColumns(columnsMax);
  let turnedAt = clock.monotonic();
  while (batches.next(columns)) {
    replay.take(columns);
    if (signal?.aborted) throw givenUp();
    if (clock.monotonic() - turnedAt < turnMs) continue;
    await clock.turn();
    turnedAt = clock.monotonic();
  }
}

function givenUp(): KafkaFailure {
  return new KafkaFailure("CLIENT", "the restore was given up", false);
}

function unreadable(place: TopicPartition, cause: unknown): MillraceError {
  const message = `partition ${nameOf(place)} is no changelog that can be read: ${reasonOf(cause)}`;
  return new MillraceError("ML5002", { message, cause });
}
