import { MillraceError, reasonOf } from "../../core/errors.ts";
import { systemRandom } from "../../core/random.ts";
import type { Batch, Position, Slice } from "../../core/records.ts";
import type { Announce, SourceContext, SourceReader } from "../../core/source.ts";
import { type KafkaClient, nameOf, type TopicPartition } from "./client/kafka-client.ts";
import { Coordinator } from "./coordinator.ts";
import type { FetchedPiece, PartitionFailure } from "./fetched-queue.ts";
import { Fetcher } from "./fetcher.ts";
import { KafkaBatch } from "./kafka-batch.ts";
import { openPatience } from "./open-patience.ts";
import { PassedBatch } from "./passed-batch.ts";
import { RecordBatches } from "./record-batches.ts";
import { RecordColumns } from "./record-columns.ts";
import { type Patience, retrying } from "./retrying.ts";
import { type KafkaStart, startingOffsets } from "./starting-offsets.ts";
import { partitionsOf, type TopicSelection } from "./topic-selection.ts";
import { UnpackedMemory } from "./unpacked-memory.ts";

/** The settings of one Kafka source. */
export interface KafkaReaderSettings {
  readonly topics: TopicSelection;
  /** The one partition of it that is read, and the offset to stop at; undefined: all partitions of all topics. */
  readonly only: { readonly place: TopicPartition; readonly end: number | undefined } | undefined;
  readonly group: string | undefined;
  readonly start: KafkaStart;
  readonly skipsLost: boolean;
  readonly untilEnd: boolean;
  readonly committedOnly: boolean;
  readonly fetchBytes: number;
  readonly inFlightBytesMax: number;
  readonly batchRecordsMax: number;
}

const maxWaitMs = 500;
const commitPatienceMs = 30_000;

/** Reads partitions of some topics. */
export class KafkaReader implements SourceReader<Slice> {
  readonly #context: SourceContext;
  readonly #client: KafkaClient;
  readonly #settings: KafkaReaderSettings;
  readonly #fetcher: Fetcher;
  readonly #columns: RecordColumns;
  readonly #unpacked = new UnpackedMemory();
  readonly #places = new Map<string, TopicPartition>();
  /** By partition that is not through: where it stops. */
  readonly #ends = new Map<string, number>();
  /** By partition: how far has been read, records or not. */
  readonly #passed = new Map<string, number>();
  /** Partitions that have been read further than any batch said. */
  readonly #untold = new Set<string>();
  readonly #group: Coordinator | undefined;
  readonly #isBounded: boolean;
  /** What the batch handed out last may lie in. */
  #piece: FetchedPiece | undefined;
  #walk: { readonly batches: RecordBatches; readonly place: TopicPartition } | undefined;

  private constructor(context: SourceContext, client: KafkaClient, settings: KafkaReaderSettings) {
    this.#context = context;
    this.#client = client;
    this.#settings = settings;
    this.#columns = new RecordColumns(settings.batchRecordsMax);
    this.#isBounded = settings.untilEnd || settings.only?.end !== undefined;
    this.#group = settings.group === undefined ? undefined : new Coordinator(client, "group", settings.group);
    this.#fetcher = new Fetcher({
      ...settings,
      client,
      maxWaitMs,
      onTrouble: (failure: Error) => this.#warn(failure.message),
      clock: context.clock,
      random: systemRandom(),
    });
    if (context.signal.aborted) this.#fetcher.interrupt();
    context.signal.addEventListener("abort", () => this.#fetcher.interrupt(), { once: true });
  }

  static async open(context: SourceContext, client: KafkaClient, settings: KafkaReaderSettings): Promise<KafkaReader> {
    const reader = new KafkaReader(context, client, settings);
    try {
      await retrying(() => reader.#begin(), reader.#openPatience());
      return reader;
    } catch (cause) {
      await reader.close();
      if (cause instanceof MillraceError) throw cause;
      throw new MillraceError("ML3001", { message: `Kafka cannot be read: ${reasonOf(cause)}`, cause });
    }
  }

  get pending(): boolean {
    return this.#walk !== undefined || this.#fetcher.ready || this.#untold.size > 0 || this.#isThrough;
  }

  async read(announce?: Announce): Promise<Batch<Slice> | "end"> {
    while (!this.#context.signal.aborted) {
      const batch = this.#nextBatch(announce) ?? this.#untoldBatch();
      if (batch !== undefined) return batch;
      if (this.#isThrough) return "end";
      await this.#fetchNext();
    }
    return "end";
  }

  async #fetchNext(): Promise<void> {
    try {
      // Nobody looks at the last batch any more, since the next one is asked for.
      if (this.#piece !== undefined) this.#fetcher.release(this.#piece);
      this.#piece = undefined;
      const piece = await this.#fetcher.next();
      if ("failure" in piece) {
        await this.#mend(piece);
        return;
      }
      this.#piece = piece;
      this.#walk = { batches: new RecordBatches(piece, this.#unpacked), place: piece.place };
    } catch (thrown) {
      if (!this.#context.signal.aborted) throw thrown;
    }
  }

  async acknowledge(positions: ReadonlyMap<string, Position>): Promise<void> {
    const { group } = this.#settings;
    if (group === undefined || positions.size === 0) return;
    const offsets = [...positions].flatMap(([name, offset]) => {
      const place = this.#places.get(name);
      return place === undefined ? [] : [{ ...place, offset: offset as number }];
    });
    // Nobody else may commit for the group meanwhile: the broker refuses it while the group has members.
    const outsider = { groupId: group, memberId: "", generation: -1, instanceId: undefined };
    const commit = (node: number) => this.#client.commit(node, outsider, offsets);
    try {
      const patience = { clock: this.#context.clock, random: systemRandom(), patienceMs: commitPatienceMs };
      await this.#group!.call(commit, patience);
    } catch (thrown) {
      // The checkpoint stands without it: these offsets are for people and their tools.
      this.#warn(`offsets were not committed: ${reasonOf(thrown)}`);
    }
  }

  /** By partition: the records that are there and not yet read, as of the last fetch. */
  status(): Record<string, unknown> {
    const lag = Object.fromEntries(
      [...this.#places].flatMap(([name, place]) => {
        const end = this.#fetcher.endOffset(place);
        const offset = this.#passed.get(name);
        return end === undefined || offset === undefined ? [] : [[name, Math.max(0, end - offset)]];
      }),
    );
    return { lag, inFlightBytes: this.#fetcher.inFlightBytes };
  }

  async close(): Promise<void> {
    // Told first, so that what ends by it is no trouble; then the connections: a fetch that waits for data would wait to its end.
    const closed = this.#fetcher.close();
    await this.#client.close();
    await closed;
  }

  get #isThrough(): boolean {
    return this.#isBounded && this.#ends.size === 0;
  }

  async #begin(): Promise<void> {
    const places = await this.#partitions();
    const { only, untilEnd } = this.#settings;
    const from = await this.#startingOffsets(places, this.#context.resume);
    // The end of all records: those of a transaction whose outcome is still being written count.
    const ends = untilEnd ? await this.#client.offsets(places, "latest", false) : new Map<string, number>();
    for (const place of places) {
      const name = nameOf(place);
      const offset = from.get(name)!;
      const end = only?.end ?? ends.get(name) ?? Number.POSITIVE_INFINITY;
      this.#places.set(name, place);
      this.#passed.set(name, offset);
      if (this.#context.resume.get(name) !== offset) this.#untold.add(name);
      if (offset >= end) continue;
      if (this.#isBounded) this.#ends.set(name, end);
      this.#fetcher.add(place, offset);
    }
  }

  async #partitions(): Promise<TopicPartition[]> {
    const { topics, only } = this.#settings;
    const all = await partitionsOf(this.#client, topics);
    return only === undefined ? all : [only.place];
  }

  #startingOffsets(
    places: readonly TopicPartition[],
    resume: ReadonlyMap<string, Position>,
  ): Promise<ReadonlyMap<string, number>> {
    const { start, group, skipsLost } = this.#settings;
    const warn = (message: string) => this.#warn(message);
    return startingOffsets({ client: this.#client, places, resume, start, group, skipsLost, warn });
  }

  #nextBatch(announce: Announce | undefined): KafkaBatch | undefined {
    const walk = this.#walk;
    if (walk === undefined) return undefined;
    const name = nameOf(walk.place);
    const columns = this.#columns;
    try {
      walk.batches.next(columns, () => announce?.(columns.buffer, columns.bounds, columns.size));
      // Looked at now, not at the next read: as long as it is there, `pending` says that more is coming.
      if (walk.batches.ended) this.#walk = undefined;
    } catch (cause) {
      throw this.#unreadable(walk.place, cause);
    }
    const offset = walk.batches.nextOffset;
    if (columns.size > 0) this.#untold.delete(name);
    else if (offset > this.#passed.get(name)!) this.#untold.add(name);
    this.#passed.set(name, offset);
    this.#endAt(walk.place, offset);
    return columns.size > 0 ? new KafkaBatch({ name }, columns) : undefined;
  }

  /** Before it waits, or ends, a reader says how far it is where no record said so: a position to go on from, and to commit. */
  #untoldBatch(): PassedBatch | undefined {
    if (this.#walk !== undefined || this.#fetcher.ready) return undefined;
    const [name] = this.#untold;
    if (name === undefined) return undefined;
    this.#untold.delete(name);
    return new PassedBatch({ name }, this.#passed.get(name)!);
  }

  /** With an end, leaves a partition that is through. What was written to it since is given only as far as it lies in the same batch. */
  #endAt(place: TopicPartition, offset: number): void {
    const end = this.#ends.get(nameOf(place));
    if (end === undefined || offset < end) return;
    this.#ends.delete(nameOf(place));
    this.#fetcher.remove(place);
    this.#walk = undefined;
  }

  /** Goes on behind what retention took, if that is wanted; throws what cannot be mended. */
  async #mend({ place, failure }: PartitionFailure): Promise<void> {
    if (failure.code !== "OFFSET_OUT_OF_RANGE") throw this.#unreadable(place, failure);
    const name = nameOf(place);
    const find = () => this.#startingOffsets([place], new Map([[name, this.#passed.get(name)!]]));
    const offset = (await retrying(find, this.#openPatience())).get(name)!;
    this.#passed.set(name, offset);
    this.#untold.add(name);
    this.#fetcher.add(place, offset);
    this.#endAt(place, offset);
  }

  #openPatience(): Patience {
    const { clock, signal } = this.#context;
    return openPatience({ clock, signal, random: systemRandom(), tell: (message) => this.#warn(message) });
  }

  #warn(message: string): void {
    this.#context.meter.warn("kafka", message);
  }

  #unreadable(place: TopicPartition, cause: unknown): MillraceError {
    return new MillraceError("ML3001", {
      message: `partition ${nameOf(place)} cannot be read on: ${reasonOf(cause)}`,
      cause,
    });
  }
}
