export type { Bytes } from "./batch-builder.ts";
export type {
  CommittedOffset,
  GroupMembership,
  KafkaClient,
  PartitionOffset,
  TopicPartition,
} from "./client/kafka-client.ts";
export type { Compression } from "./compression.ts";
export { type DeadLetterSinkOptions, deadLetterSink } from "./dead-letter-sink.ts";
export { type EnsuredTopic, type EnsureTopicOptions, ensureTopic } from "./ensure-topic.ts";
export { GroupMember, type GroupMemberOptions } from "./group/group-member.ts";
export { type KafkaOptions, openClient } from "./kafka-options.ts";
export { KafkaSink, type KafkaSinkOptions, kafkaSink } from "./kafka-sink.ts";
export { KafkaSource, type KafkaSourceOptions, kafkaSource, type TaskInput } from "./kafka-source.ts";
export type { RecordHeader } from "./record-headers.ts";
export type { KafkaStart } from "./starting-offsets.ts";
export { ensureChangelog, ensureExchange, type OwnTopic } from "./task/ensure-topics.ts";
export { endedMetadata, KafkaCheckpoints, type KafkaCheckpointsOptions } from "./task/kafka-checkpoints.ts";
export { openTaskOutput } from "./task/open-task-output.ts";
export type { RestoreProgress } from "./task/restore-changelog.ts";
export type { TaskGuarantee, TaskOutput, TaskOutputOptions } from "./task/task-output.ts";
export { isFenced, mayRestart } from "./task-failure.ts";
export { type TransactionOffsets, type TransactionOptions, TransactionSession } from "./transaction-session.ts";
