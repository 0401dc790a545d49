import type { Clock } from "../../../core/clock.ts";
import type { TopicPartition } from "../client/kafka-client.ts";
import { ChangelogKeyWriter } from "./changelog-key.ts";
import { type Pieces, pieceNumber, piecesHeader } from "./pieces.ts";
import type { TaskOutput } from "./task-output.ts";

/** A value longer than this goes in pieces, whose size it is: well below what a topic takes of one batch (1 MB unless it is set otherwise). */
const usualPieceBytes = 256 * 1024;

/** Writes a task's changes of state into its partition of the changelog topic, as part of the share that was cut. */
export class ChangelogWriter {
  readonly #place: TopicPartition;
  readonly #output: Pick<TaskOutput, "addToCut">;
  readonly #clock: Clock;
  readonly #keys = new ChangelogKeyWriter();
  readonly #pieces: Pieces;
  readonly #pieceBytes: number;
  records = 0;
  bytes = 0;

  constructor(
    place: TopicPartition,
    output: Pick<TaskOutput, "addToCut">,
    clock: Clock,
    pieces: Pieces,
    pieceBytes = usualPieceBytes,
  ) {
    this.#pieceBytes = pieceBytes;
    this.#place = place;
    this.#output = output;
    this.#clock = clock;
    this.#pieces = pieces;
  }

  /** From now on the entry has that value; undefined: it is gone. Copied. */
  write(store: string, entry: string, value: Uint8Array | undefined): void {
    const before = this.#pieces.get(store, entry);
    if (value === undefined || value.length <= this.#pieceBytes) {
      this.#add(store, entry, undefined, value ?? null);
      this.#pieces.delete(store, entry);
    } else this.#writePieces(store, entry, value, before?.side === 0 ? 1 : 0);
    if (before === undefined) return;
    for (let index = 0; index < before.count - 1; index++)
      this.#add(store, entry, pieceNumber(index, before.side), null);
  }

  /** The last piece is the entry's own record: what reads it knows that those before are all there. */
  #writePieces(store: string, entry: string, value: Uint8Array, side: 0 | 1): void {
    const pieceBytes = this.#pieceBytes;
    const count = Math.ceil(value.length / pieceBytes);
    for (let index = 0; index < count - 1; index++) {
      const piece = value.subarray(index * pieceBytes, (index + 1) * pieceBytes);
      this.#add(store, entry, pieceNumber(index, side), piece);
    }
    this.#add(store, entry, undefined, value.subarray((count - 1) * pieceBytes), [piecesHeader(count, side)]);
    this.#pieces.set(store, entry, { count, side });
  }

  #add(
    store: string,
    entry: string,
    piece: number | undefined,
    value: Uint8Array | null,
    headers?: readonly (readonly [string, Uint8Array])[],
  ): void {
    const key = this.#keys.write(store, entry, piece);
    this.#output.addToCut({ place: this.#place, timestamp: this.#clock.now(), key, value, headers });
    this.records += 1;
    this.bytes += key.length + (value?.length ?? 0);
  }
}
