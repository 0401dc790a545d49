import type { AbortedTransaction } from "./aborted-ranges.ts";
import { batchField, batchOverheadBytes, readInt64 } from "./batch-header.ts";
import type { TopicPartition } from "./client/kafka-client.ts";
import type { KafkaFailure } from "./client/kafka-failure.ts";

/** Record batches of one partition, as one fetch brought them. */
export interface FetchedPiece {
  readonly place: TopicPartition;
  readonly bytes: Buffer;
  /** The first offset that is wanted of them. */
  readonly fromOffset: number;
  /** The offset after the last whole batch. */
  readonly nextOffset: number;
  /** The offset after the last record there was in the partition, when this was fetched. */
  readonly endOffset: number;
  /** Undefined when uncommitted records are wanted too. */
  readonly aborted: readonly AbortedTransaction[] | undefined;
}

/** Why a partition cannot be read on. */
export interface PartitionFailure {
  readonly place: TopicPartition;
  readonly failure: KafkaFailure;
}

/** So many fetched pieces of a partition may wait: one to work on next, one to have it ready by then. */
const piecesMax = 2;

/** What was fetched of one partition and not yet taken. */
export class FetchedPartitionQueue {
  readonly place: TopicPartition;
  paused = false;
  /** As of the last fetch. */
  endOffset: number | undefined;
  failure: KafkaFailure | undefined;
  #nextOffset: number;
  #pieces: FetchedPiece[] = [];
  /** Counts up whenever what is under way is no longer wanted. */
  #ticket = 0;
  #underWay = false;

  constructor(place: TopicPartition, offset: number) {
    this.place = place;
    this.#nextOffset = offset;
  }

  /** Where the next fetch begins. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  get ready(): boolean {
    return this.failure !== undefined || (!this.paused && this.#pieces.length > 0);
  }

  /** Whether it is to be fetched now. */
  get wanted(): boolean {
    return this.failure === undefined && !this.paused && !this.#underWay && this.#pieces.length < piecesMax;
  }

  /** A fetch begins; what it brings is taken as long as the queue `expects` the returned ticket. */
  begin(): number {
    this.#underWay = true;
    return this.#ticket;
  }

  expects(ticket: number): boolean {
    return this.#underWay && ticket === this.#ticket;
  }

  end(ticket: number): void {
    if (ticket === this.#ticket) this.#underWay = false;
  }

  /** Takes what a fetch brought, and gives the bytes it holds by that: none when no batch of it is whole. */
  put(bytes: Buffer, aborted: readonly AbortedTransaction[] | undefined): number {
    const nextOffset = offsetAfter(bytes);
    if (nextOffset === undefined || nextOffset <= this.#nextOffset) return 0;
    const { place, endOffset = nextOffset } = this;
    this.#pieces.push({ place, bytes, fromOffset: this.#nextOffset, nextOffset, endOffset, aborted });
    this.#nextOffset = nextOffset;
    return bytes.length;
  }

  /** The oldest piece; only when `ready`. */
  take(): FetchedPiece {
    return this.#pieces.shift()!;
  }

  /** Forgets what lies here and what is under way, and gives the bytes that frees. What was not taken is fetched again. */
  drop(release: (bytes: Buffer) => void): number {
    this.#ticket++;
    this.#underWay = false;
    this.#nextOffset = this.#pieces[0]?.fromOffset ?? this.#nextOffset;
    const bytes = this.#pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
    for (const piece of this.#pieces) release(piece.bytes);
    this.#pieces = [];
    return bytes;
  }
}

/** The offset after the last batch that lies there whole; undefined when none does. Bytes that are no batches end the walk. */
function offsetAfter(bytes: Buffer): number | undefined {
  let next: number | undefined;
  for (let at = 0; bytes.length - at >= batchField.records; ) {
    const length = bytes.readInt32BE(at + batchField.length);
    if (length <= 0 || at + batchOverheadBytes + length > bytes.length) break;
    next = readInt64(bytes, at) + bytes.readInt32BE(at + batchField.lastOffsetDelta) + 1;
    at += batchOverheadBytes + length;
  }
  return next;
}
