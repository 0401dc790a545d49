import { MillraceError, reasonOf } from "../../core/errors.ts";
import { systemRandom } from "../../core/random.ts";
import type { Batch, Position, Slice } from "../../core/records.ts";
import type { SourceContext, SourceReader } from "../../core/source.ts";
import { type KafkaClient, nameOf, type TopicPartition } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import { Coordinator } from "./coordinator.ts";
import { Fetcher } from "./fetcher.ts";
import { KafkaBatch } from "./kafka-batch.ts";
import { RecordBatches } from "./record-batches.ts";
import { RecordColumns } from "./record-columns.ts";
import { retrying } from "./retrying.ts";
import { type KafkaStart, startingOffsets } from "./starting-offsets.ts";

/** The settings of one Kafka source. */
export interface KafkaReaderSettings {
  readonly topics: readonly string[];
  readonly group: string | undefined;
  readonly start: KafkaStart;
  readonly untilEnd: boolean;
  readonly committedOnly: boolean;
  readonly fetchBytes: number;
  readonly inFlightBytesMax: number;
  readonly batchRecordsMax: number;
}

const maxWaitMs = 500;
/** How long a cluster may be away, or not know a topic just made, when the source is opened. */
const openPatienceMs = 5000;
const commitPatienceMs = 30_000;

/** Reads all partitions of some topics. */
export class KafkaReader implements SourceReader<Slice> {
  readonly #context: SourceContext;
  readonly #client: KafkaClient;
  readonly #settings: KafkaReaderSettings;
  readonly #fetcher: Fetcher;
  readonly #columns: RecordColumns;
  readonly #aborted = Promise.withResolvers<"end">();
  readonly #places = new Map<string, TopicPartition>();
  /** By partition: where it stops, with `untilEnd`. */
  readonly #ends = new Map<string, number>();
  /** By partition: where the last batch ended, and how far has been read since without finding a record. */
  readonly #passed = new Map<string, { readonly batchEnd: number; readonly offset: number }>();
  readonly #group: Coordinator | undefined;
  #walk: { readonly batches: RecordBatches; readonly place: TopicPartition } | undefined;

  private constructor(context: SourceContext, client: KafkaClient, settings: KafkaReaderSettings) {
    this.#context = context;
    this.#client = client;
    this.#settings = settings;
    this.#columns = new RecordColumns(settings.batchRecordsMax);
    this.#group = settings.group === undefined ? undefined : new Coordinator(client, "group", settings.group);
    const onTrouble = (failure: Error) => context.meter.warn("kafka", failure.message);
    this.#fetcher = new Fetcher({
      ...settings,
      client,
      maxWaitMs,
      onTrouble,
      clock: context.clock,
      random: systemRandom(),
    });
    if (context.signal.aborted) this.#aborted.resolve("end");
    context.signal.addEventListener("abort", () => this.#aborted.resolve("end"), { once: true });
  }

  static async open(context: SourceContext, client: KafkaClient, settings: KafkaReaderSettings): Promise<KafkaReader> {
    const reader = new KafkaReader(context, client, settings);
    try {
      const patience = {
        clock: context.clock,
        random: systemRandom(),
        patienceMs: openPatienceMs,
        signal: context.signal,
      };
      await retrying(() => reader.#begin(), patience);
      return reader;
    } catch (cause) {
      await reader.close();
      if (cause instanceof MillraceError) throw cause;
      throw new MillraceError("ML3001", { message: `Kafka cannot be read: ${reasonOf(cause)}`, cause });
    }
  }

  get pending(): boolean {
    const isThrough = this.#settings.untilEnd && this.#ends.size === 0;
    return this.#walk !== undefined || this.#fetcher.ready || isThrough;
  }

  async read(): Promise<Batch<Slice> | "end"> {
    while (!this.#context.signal.aborted) {
      const batch = this.#nextBatch();
      if (batch !== undefined) return batch;
      if (this.#settings.untilEnd && this.#ends.size === 0) return "end";
      const piece = await Promise.race([this.#fetcher.next(), this.#aborted.promise]);
      if (piece === "end") return "end";
      if ("failure" in piece) throw this.#unreadable(piece.place, piece.failure);
      this.#walk = { batches: new RecordBatches(piece), place: piece.place };
    }
    return "end";
  }

  async acknowledge(positions: ReadonlyMap<string, Position>): Promise<void> {
    const { group } = this.#settings;
    if (group === undefined || positions.size === 0) return;
    const offsets = [...positions].flatMap(([name, position]) => {
      const place = this.#places.get(name);
      return place === undefined ? [] : [{ ...place, offset: this.#committable(name, position as number) }];
    });
    // Nobody else may commit for the group meanwhile: the broker refuses it while the group has members.
    const outsider = { groupId: group, memberId: "", generation: -1, instanceId: undefined };
    const { clock, meter } = this.#context;
    const commit = (node: number) => this.#client.commit(node, outsider, offsets);
    try {
      await this.#group!.call(commit, { clock, random: systemRandom(), patienceMs: commitPatienceMs });
    } catch (thrown) {
      // The checkpoint stands without it: these offsets are for people and their tools.
      meter.warn("kafka", `offsets were not committed: ${reasonOf(thrown)}`);
    }
  }

  /** By partition: the records that are there and not yet read, as of the last fetch. */
  status(): Record<string, unknown> {
    const lag = Object.fromEntries(
      [...this.#places].flatMap(([name, place]) => {
        const end = this.#fetcher.endOffset(place);
        const offset = this.#passed.get(name)?.offset;
        return end === undefined || offset === undefined ? [] : [[name, Math.max(0, end - offset)]];
      }),
    );
    return { lag, inFlightBytes: this.#fetcher.inFlightBytes };
  }

  async close(): Promise<void> {
    // Connections first: a fetch that waits for data would wait to its end.
    await this.#client.close();
    await this.#fetcher.close();
  }

  async #begin(): Promise<void> {
    const { topics, untilEnd } = this.#settings;
    const found = await this.#client.topics(topics);
    const missing = topics.find((topic) => !found.has(topic));
    if (missing !== undefined)
      throw new KafkaFailure("UNKNOWN_TOPIC_OR_PARTITION", `there is no topic ${missing}`, true);
    const places = [...found.values()].flatMap(({ name, leaders }) =>
      leaders.map((_, partition): TopicPartition => ({ topic: name, partition })),
    );
    const { start, group } = this.#settings;
    const from = await startingOffsets(this.#client, places, this.#context.resume, start, group);
    // The end of all records: those of a transaction whose outcome is still being written count.
    const ends = untilEnd ? await this.#client.offsets(places, "latest", false) : new Map<string, number>();
    for (const place of places) {
      const name = nameOf(place);
      const offset = from.get(name)!;
      const end = ends.get(name) ?? Number.POSITIVE_INFINITY;
      this.#places.set(name, place);
      this.#passed.set(name, { batchEnd: offset, offset });
      if (offset >= end) continue;
      if (untilEnd) this.#ends.set(name, end);
      this.#fetcher.add(place, offset);
    }
  }

  #nextBatch(): KafkaBatch | undefined {
    const walk = this.#walk;
    if (walk === undefined) return undefined;
    const name = nameOf(walk.place);
    const columns = this.#columns;
    try {
      if (!walk.batches.next(columns)) this.#walk = undefined;
    } catch (cause) {
      throw this.#unreadable(walk.place, cause);
    }
    const batchEnd = columns.size > 0 ? columns.nextOffset : (this.#passed.get(name)?.batchEnd ?? 0);
    this.#passed.set(name, { batchEnd, offset: walk.batches.nextOffset });
    this.#endAt(walk.place, walk.batches.nextOffset);
    return columns.size > 0 ? new KafkaBatch({ name }, columns) : undefined;
  }

  /** With `untilEnd`, leaves a partition that is through. What was written to it since is given only as far as it lies in the same batch. */
  #endAt(place: TopicPartition, offset: number): void {
    const end = this.#ends.get(nameOf(place));
    if (end === undefined || offset < end) return;
    this.#ends.delete(nameOf(place));
    this.#fetcher.remove(place);
    this.#walk = undefined;
  }

  /** Behind a partition's last record, offsets that hold none are done too. */
  #committable(name: string, position: number): number {
    const passed = this.#passed.get(name);
    return passed !== undefined && passed.batchEnd === position ? passed.offset : position;
  }

  #unreadable(place: TopicPartition, cause: unknown): MillraceError {
    return new MillraceError("ML3001", {
      message: `partition ${nameOf(place)} cannot be read on: ${reasonOf(cause)}`,
      cause,
    });
  }
}
