import { Reader, Writer } from "@platformatic/kafka";
import type { TopicPartition } from "../client/kafka-client.ts";

/** What a member tells the leader of its group. */
export interface Subscription {
  readonly topics: readonly string[];
  /** What it holds and goes on working on until it is told to give it up, in the order in which it got it. */
  readonly owned: readonly TopicPartition[];
  /** The generation in which it got what it owns: an older claim loses. -1 when unknown. */
  readonly generation: number;
}

/** Version 2 tells owned partitions and the generation they are from; what comes after is not used. */
const version = 2;

/** A subscription as Kafka's consumer protocol writes it. Source: ConsumerProtocolSubscription of Apache Kafka. */
export function encodeSubscription({ topics, owned, generation }: Subscription): Buffer {
  const writer = Writer.create()
    .appendInt16(version)
    .appendArray([...topics], (out, topic) => out.appendString(topic, false), false, false)
    .appendInt32(-1);
  return appendPartitions(writer, owned).appendInt32(generation).buffer;
}

/** Understands all versions: what an older one does not tell is empty, what a newer one adds is left unread. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = Reader.from(bytes);
  const given = reader.readInt16();
  const topics = reader.readArray((entry) => entry.readString(false), false, false);
  const userBytes = reader.readInt32();
  if (userBytes > 0) reader.skip(userBytes);
  const owned = given >= 1 ? readPartitions(reader) : [];
  const generation = given >= 2 ? reader.readInt32() : -1;
  return { topics, owned, generation };
}

/** A member's partitions as Kafka's consumer protocol writes them. Source: ConsumerProtocolAssignment of Apache Kafka. */
export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  return appendPartitions(Writer.create().appendInt16(version), partitions).appendInt32(-1).buffer;
}

/** A member that gets nothing may be given no bytes at all. */
export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return [];
  const reader = Reader.from(bytes);
  reader.readInt16();
  return readPartitions(reader);
}

function appendPartitions(writer: Writer, partitions: readonly TopicPartition[]): Writer {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)];
  return writer.appendArray(
    topics,
    (out, [topic, parts]) => {
      out.appendString(topic, false);
      out.appendArray(parts, (entry, { partition }) => entry.appendInt32(partition), false, false);
    },
    false,
    false,
  );
}

function readPartitions(reader: Reader): TopicPartition[] {
  return reader
    .readArray(
      (entry) => {
        const topic = entry.readString(false);
        return entry.readArray((part): TopicPartition => ({ topic, partition: part.readInt32() }), false, false);
      },
      false,
      false,
    )
    .flat();
}
