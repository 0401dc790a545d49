import { MillraceError } from "../../core/errors.ts";
import type { Slice } from "../../core/records.ts";
import type { Source } from "../../core/source.ts";
import { type KafkaOptions, openClient } from "./kafka-options.ts";
import { KafkaReader } from "./kafka-reader.ts";
import type { KafkaStart } from "./starting-offsets.ts";

/** What {@link kafkaSource} takes. */
export interface KafkaSourceOptions extends KafkaOptions {
  readonly topics: string | readonly string[];
  /** Where offsets are committed after each checkpoint, for Kafka's tools to see, and read with `start: "committed"`. */
  readonly group?: string;
  /** Default `"earliest"`. With `"committed"` a partition the group never committed begins at its earliest record. */
  readonly start?: KafkaStart;
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

/**
 * The values of the records of one or more topics, each where it lies in the bytes that were fetched. This process reads all
 * partitions. A null value is refused as such.
 *
 * Replayable: a position is an offset. Opening rejects with `ML3001` when a topic is not there, with `ML3002` when what comes
 * next is no longer kept by the broker; a topic that is deleted, or retention that overtakes the reader, rejects the read.
 */
export function kafkaSource(options: KafkaSourceOptions): Source<Slice> {
  const topics = typeof options.topics === "string" ? [options.topics] : [...options.topics];
  if (topics.length === 0)
    throw new MillraceError("ML1002", { message: "kafkaSource got no topic; give at least one" });
  if (options.start === "committed" && options.group === undefined) {
    throw new MillraceError("ML1002", { message: 'start is "committed", but no group is given' });
  }
  const fetchBytes = options.fetchBytes ?? 4 * 1024 * 1024;
  const settings = {
    topics,
    group: options.group,
    start: options.start ?? "earliest",
    untilEnd: options.untilEnd ?? false,
    committedOnly: options.readUncommitted !== true,
    fetchBytes,
    inFlightBytesMax: Math.max(options.inFlightBytesMax ?? 24 * 1024 * 1024, 2 * fetchBytes),
    batchRecordsMax: options.batchRecordsMax ?? 4096,
  };
  return {
    traits: { name: `kafka ${topics.join(", ")}`, replayable: true, live: !settings.untilEnd },
    open: (context) => KafkaReader.open(context, openClient(options), settings),
  };
}
