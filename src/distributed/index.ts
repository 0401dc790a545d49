/** `millrace/kafka`: topics as sources and sinks, and a consumer group as the place where a pipeline runs. */
export * from "../connectors/kafka/index.ts";
export type { KafkaGroupOptions } from "./group-settings.ts";
export { kafkaGroup } from "./kafka-group.ts";
