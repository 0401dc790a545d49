import { systemClock } from "../../core/clock.ts";
import { MillraceError, reasonOf } from "../../core/errors.ts";
import { systemRandom } from "../../core/random.ts";
import type { KafkaClient } from "./client/kafka-client.ts";
import { failedWith, KafkaFailure } from "./client/kafka-failure.ts";
import { type KafkaOptions, openClient } from "./kafka-options.ts";
import { retrying } from "./retrying.ts";

/** What {@link ensureTopic} takes. */
export interface EnsureTopicOptions extends KafkaOptions {
  readonly topic: string;
  /** What the topic is made with if it is not there. Default: the cluster's own. */
  readonly partitions?: number;
  /** Default: the cluster's own. */
  readonly replicas?: number;
  /** Settings to make it with, by Kafka's names: `{ "cleanup.policy": "compact" }`. Default none. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A topic that is there. */
export interface EnsuredTopic {
  /** Whether it was not there before; false also when somebody else made it meanwhile. */
  readonly made: boolean;
  readonly partitions: number;
}

const callTimeoutMs = 30_000;
/** How long a cluster may be away. */
const patienceMs = 5000;
/** How long brokers may take to learn of a topic just made. */
const spreadMs = 30_000;
const ownDefault = -1;

/**
 * Sees to it that a topic is there: makes it if it is missing, leaves it as it is otherwise, and says which, and how many
 * partitions it has. Rejects with `ML4001` when the cluster cannot be reached or does not let it be made.
 */
export async function ensureTopic(options: EnsureTopicOptions): Promise<EnsuredTopic> {
  const client = openClient(options);
  try {
    const known = await partitionsOf(client, options.topic);
    if (known !== undefined) return { made: false, partitions: known };
    const made = await make(client, options);
    return { made, partitions: await untilKnown(client, options.topic) };
  } catch (cause) {
    const message = `topic ${options.topic} cannot be made: ${reasonOf(cause)}`;
    throw new MillraceError("ML4001", { message, cause });
  } finally {
    await client.close();
  }
}

function patience(ms: number) {
  return { clock: systemClock, random: systemRandom(), patienceMs: ms };
}

/** How many there are, once each has a leader; undefined when there is no such topic. */
function partitionsOf(client: KafkaClient, topic: string): Promise<number | undefined> {
  const ask = async () => {
    const leaders = (await client.topics([topic])).get(topic)?.leaders;
    if (leaders?.includes(-1)) throw new KafkaFailure("LEADER_NOT_AVAILABLE", `topic ${topic}`, true);
    return leaders?.length;
  };
  return retrying(ask, patience(patienceMs));
}

/** False when somebody else was faster. */
async function make(client: KafkaClient, options: EnsureTopicOptions): Promise<boolean> {
  const { topic: name, partitions = ownDefault, replicas = ownDefault, settings = {} } = options;
  try {
    await retrying(
      () => client.createTopics([{ name, partitions, replicas, settings }], callTimeoutMs),
      patience(patienceMs),
    );
    return true;
  } catch (thrown) {
    if (failedWith(thrown, "TOPIC_ALREADY_EXISTS")) return false;
    throw thrown;
  }
}

async function untilKnown(client: KafkaClient, topic: string): Promise<number> {
  const ask = async () => {
    const known = await partitionsOf(client, topic);
    if (known === undefined) throw new KafkaFailure("UNKNOWN_TOPIC_OR_PARTITION", `topic ${topic}`, true);
    return known;
  };
  return retrying(ask, patience(spreadMs));
}
