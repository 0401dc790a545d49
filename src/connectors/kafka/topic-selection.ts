import type { KafkaClient, TopicPartition } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";

/** Topics by name, or all whose whole name a pattern matches, those that come later too. */
export type TopicSelection = readonly string[] | RegExp;

/** Topics that pipelines keep for themselves, which no pattern means. */
const ownTopic = /-(repartition|changelog)$/;

/**
 * All partitions of the topics there are just now, by topic, then number. Rejects, retryably, with `UNKNOWN_TOPIC_OR_PARTITION`
 * when a named one is not there, or a pattern matches none.
 */
export async function partitionsOf(client: KafkaClient, topics: TopicSelection): Promise<TopicPartition[]> {
  const found = await client.topics(topics instanceof RegExp ? "all" : topics);
  const names = topics instanceof RegExp ? [...found.keys()].filter((name) => isMatched(topics, name)) : topics;
  const missing = names.find((name) => !found.has(name));
  if (missing !== undefined) throw unknown(`there is no topic ${missing}`);
  if (names.length === 0) throw unknown(`there is no topic that matches ${topics}`);
  return [...names]
    .sort()
    .flatMap((topic) => found.get(topic)!.leaders.map((_, partition): TopicPartition => ({ topic, partition })));
}

/** For people: `"frames, clicks"`, `"/clicks-.+/"`. */
export function selectionText(topics: TopicSelection): string {
  return topics instanceof RegExp ? String(topics) : topics.join(", ");
}

function isMatched(pattern: RegExp, name: string): boolean {
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replaceAll(/[gy]/g, ""));
  return whole.test(name) && !ownTopic.test(name);
}

function unknown(message: string): KafkaFailure {
  return new KafkaFailure("UNKNOWN_TOPIC_OR_PARTITION", message, true);
}
