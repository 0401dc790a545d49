import type { KafkaClient } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import { type Patience, retrying } from "./retrying.ts";

/** What topics take, as far as it was asked. */
export class TopicLimits {
  readonly #client: KafkaClient;
  readonly #patience: Patience;
  readonly #batchBytesMax = new Map<string, number>();

  constructor(client: KafkaClient, patience: Patience) {
    this.#client = client;
    this.#patience = patience;
  }

  /** How many partitions a topic has; `batchBytesMax` knows it from now on. Rejects with `UNKNOWN_TOPIC_OR_PARTITION` when it is not there. */
  async partitionsOf(topic: string): Promise<number> {
    const info = (await retrying(() => this.#client.topics([topic]), this.#patience)).get(topic);
    if (info === undefined) throw new KafkaFailure("UNKNOWN_TOPIC_OR_PARTITION", `there is no topic ${topic}`, false);
    const settings = await retrying(() => this.#client.topicSettings(topic), this.#patience);
    const limit = Number(settings.get("max.message.bytes"));
    if (limit > 0) this.#batchBytesMax.set(topic, limit);
    return info.leaders.length;
  }

  /** What a topic takes of one batch, after compression; undefined before it was asked for its partitions. */
  batchBytesMax(topic: string): number | undefined {
    return this.#batchBytesMax.get(topic);
  }
}
