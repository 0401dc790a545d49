import { MillraceError } from "../../core/errors.ts";
import type { Slice } from "../../core/records.ts";
import type { Source, SourceContext, SourceReader, SourceTraits } from "../../core/source.ts";
import { type KafkaClient, nameOf, type TopicPartition } from "./client/kafka-client.ts";
import { type KafkaOptions, openClient } from "./kafka-options.ts";
import { KafkaReader, type KafkaReaderSettings } from "./kafka-reader.ts";
import type { KafkaStart } from "./starting-offsets.ts";
import { partitionsOf, selectionText } from "./topic-selection.ts";

/** What {@link kafkaSource} takes. */
export interface KafkaSourceOptions extends KafkaOptions {
  /** By name, or by a pattern that whole names match; topics that come later belong to it too, where a group reads them. */
  readonly topics: string | readonly string[] | RegExp;
  /** Where offsets are committed after each checkpoint, for Kafka's tools to see, and read with `start: "committed"`. */
  readonly group?: string;
  /** Default `"earliest"`. With `"committed"` a partition the group never committed begins at its earliest record. */
  readonly start?: KafkaStart;
  /**
   * What to do when the broker no longer keeps what comes next, since retention or somebody's tool took it: `"refuse"`, which
   * is the default, or `"skip"` to what it still has, with a warning that tells how much was lost.
   */
  readonly lost?: "refuse" | "skip";
  /** Stop at the ends that the partitions have when the source is opened. Default: go on for ever. */
  readonly untilEnd?: boolean;
  /** Read what transactions have not committed, or aborted, too. Default false. */
  readonly readUncommitted?: boolean;
  /** How much one fetch brings. Default 4 MiB. */
  readonly fetchBytes?: number;
  /** How much may lie in memory fetched ahead. Default 24 MiB. */
  readonly inFlightBytesMax?: number;
  /** Records in one batch. Default 4096. */
  readonly batchRecordsMax?: number;
}

/** The one partition that a task reads. */
export interface TaskInput {
  readonly place: TopicPartition;
  /** Where it begins when nothing tells where to go on, when other than the source's own. */
  readonly start?: KafkaStart | undefined;
  /** The offset to stop at; undefined: go on for ever. */
  readonly end?: number | undefined;
  /** How much one fetch brings, when other than the source's own. */
  readonly fetchBytes?: number | undefined;
  /** How much may lie in memory fetched ahead, when other than the source's own. At least two fetches. */
  readonly inFlightBytesMax?: number | undefined;
}

/** The values of the records of one or more topics; see {@link kafkaSource}. */
export class KafkaSource implements Source<Slice> {
  readonly traits: SourceTraits;
  readonly settings: KafkaReaderSettings;
  /** How its cluster is reached. */
  readonly cluster: KafkaOptions;

  constructor(cluster: KafkaOptions, settings: KafkaReaderSettings) {
    const { topics, untilEnd, only } = settings;
    const name = only === undefined ? selectionText(topics) : nameOf(only.place);
    this.cluster = cluster;
    this.settings = settings;
    this.traits = { name: `kafka ${name}`, replayable: true, live: !untilEnd && only?.end === undefined };
  }

  open(context: SourceContext): Promise<SourceReader<Slice>> {
    return KafkaReader.open(context, openClient(this.cluster, context.clock), this.settings);
  }

  /** All partitions of its topics, as they are just now. Rejects as `partitionsOf` does. */
  partitions(client: KafkaClient): Promise<TopicPartition[]> {
    return partitionsOf(client, this.settings.topics);
  }

  /** The same source for a task: one partition, which may be of another topic, and no offsets committed by the source itself. */
  forTask({ place, end, ...bounds }: TaskInput): KafkaSource {
    const { settings } = this;
    const fetchBytes = bounds.fetchBytes ?? settings.fetchBytes;
    const inFlightBytesMax = Math.max(bounds.inFlightBytesMax ?? settings.inFlightBytesMax, 2 * fetchBytes);
    const only = { place, end };
    // Where the group has come is the task's to know: without it, it begins as if there were none.
    const begin = bounds.start ?? settings.start;
    const start = begin === "committed" ? "earliest" : begin;
    const own = { topics: [place.topic], only, group: undefined, untilEnd: false, start };
    return new KafkaSource(this.cluster, { ...settings, ...own, fetchBytes, inFlightBytesMax });
  }
}

/**
 * The values of the records of one or more topics, each where it lies in the bytes that were fetched. This process reads all
 * partitions. A null value is refused as such.
 *
 * Replayable: a position is an offset. Opening rejects with `ML3001` when a topic is not there, with `ML3002` when what comes
 * next is no longer kept by the broker; a topic that is deleted, or retention that overtakes the reader, rejects the read.
 */
export function kafkaSource(options: KafkaSourceOptions): KafkaSource {
  const topics = typeof options.topics === "string" ? [options.topics] : options.topics;
  if (Array.isArray(topics) && topics.length === 0)
    throw new MillraceError("ML1002", { message: "kafkaSource got no topic; give at least one" });
  if (options.start === "committed" && options.group === undefined) {
    throw new MillraceError("ML1002", { message: 'start is "committed", but no group is given' });
  }
  const fetchBytes = options.fetchBytes ?? 4 * 1024 * 1024;
  return new KafkaSource(options, {
    topics,
    only: undefined,
    group: options.group,
    start: options.start ?? "earliest",
    skipsLost: options.lost === "skip",
    untilEnd: options.untilEnd ?? false,
    committedOnly: options.readUncommitted !== true,
    fetchBytes,
    inFlightBytesMax: Math.max(options.inFlightBytesMax ?? 24 * 1024 * 1024, 2 * fetchBytes),
    batchRecordsMax: options.batchRecordsMax ?? 4096,
  });
}
