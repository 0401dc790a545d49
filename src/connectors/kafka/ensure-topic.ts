import { systemClock } from "../../core/clock.ts";
import { type Duration, durationMs } from "../../core/duration.ts";
import { MillraceError, reasonOf } from "../../core/errors.ts";
import { systemRandom } from "../../core/random.ts";
import { type KafkaOptions, openClient } from "./kafka-options.ts";
import { ledTopic, madeTopic } from "./made-topic.ts";
import { openPatience } from "./open-patience.ts";

/** What {@link ensureTopic} takes. */
export interface EnsureTopicOptions extends KafkaOptions {
  readonly topic: string;
  /** What the topic is made with if it is not there. Default: the cluster's own. */
  readonly partitions?: number;
  /** Default: the cluster's own. */
  readonly replicas?: number;
  /** Settings to make it with, by Kafka's names: `{ "cleanup.policy": "compact" }`. Default none. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long a cluster that does not answer is waited for. Default 30 s. */
  readonly patience?: Duration;
  /** Takes what is waited for where the cluster is away, for people: each reason once. */
  readonly tell?: (message: string) => void;
}

/** A topic that is there. */
export interface EnsuredTopic {
  /** Whether it was not there before; false also when somebody else made it meanwhile. */
  readonly made: boolean;
  readonly partitions: number;
}

const ownDefault = -1;

/**
 * Sees to it that a topic is there: makes it if it is missing, leaves it as it is otherwise, and says which, and how many
 * partitions it has. Rejects with `ML4001` when the cluster cannot be reached or does not let it be made.
 */
export async function ensureTopic(options: EnsureTopicOptions): Promise<EnsuredTopic> {
  const { topic, partitions = ownDefault, replicas = ownDefault, settings = {}, tell, patience } = options;
  const awayMs = patience === undefined ? undefined : durationMs(patience);
  const context = { client: openClient(options, systemClock), clock: systemClock, random: systemRandom() };
  try {
    const { made } = await madeTopic(
      context,
      { name: topic, partitions, replicas, settings },
      openPatience({ ...context, tell, awayMs }),
    );
    return { made, partitions: (await ledTopic(context, topic, 1)).leaders.length };
  } catch (cause) {
    const message = `topic ${topic} cannot be made: ${reasonOf(cause)}`;
    throw new MillraceError("ML4001", { message, cause });
  } finally {
    await context.client.close();
  }
}
