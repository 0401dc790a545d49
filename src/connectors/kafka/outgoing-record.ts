import type { Bytes } from "./batch-builder.ts";
import type { TopicPartition } from "./client/kafka-client.ts";
import type { RecordHeader } from "./record-headers.ts";

/** A record on its way into a partition. Who takes it copies what is in it: bytes may be written over as soon as it is taken. */
export interface OutgoingRecord {
  readonly place: TopicPartition;
  /** In milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  /** Default none. */
  readonly headers?: readonly RecordHeader[] | undefined;
}
