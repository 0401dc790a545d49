export type { Bytes } from "./batch-builder.ts";
export type { Compression } from "./compression.ts";
export { type EnsuredTopic, type EnsureTopicOptions, ensureTopic } from "./ensure-topic.ts";
export { GroupMember, type GroupMemberOptions } from "./group/group-member.ts";
export type { KafkaOptions } from "./kafka-options.ts";
export { type KafkaSinkOptions, kafkaSink } from "./kafka-sink.ts";
export { type KafkaSourceOptions, kafkaSource } from "./kafka-source.ts";
export type { RecordHeader } from "./record-headers.ts";
export type { KafkaStart } from "./starting-offsets.ts";
export {
  isFenced,
  type TransactionOffsets,
  type TransactionOptions,
  TransactionSession,
} from "./transaction-session.ts";
