import type { Clock } from "../../core/clock.ts";
import type { Random } from "../../core/random.ts";
import type { KafkaClient, NewTopic, TopicInfo } from "./client/kafka-client.ts";
import { failedWith, KafkaFailure } from "./client/kafka-failure.ts";
import { type Patience, retrying } from "./retrying.ts";

/** What topics are made or looked at with. */
export interface TopicContext {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
}

const callTimeoutMs = 30_000;
/** How long brokers may take to learn of a topic just made. */
const spreadMs = 30_000;

/**
 * Makes a topic if it is missing, with such patience where the cluster is away. `made` is false also when somebody else
 * was faster: several may do this at once.
 */
export async function madeTopic(
  context: TopicContext,
  wanted: NewTopic,
  patience: Patience,
): Promise<{ readonly made: boolean; readonly info: TopicInfo }> {
  const { client } = context;
  const there = await retrying(async () => (await client.topics([wanted.name])).get(wanted.name), patience);
  if (there !== undefined) return { made: false, info: there };
  let made = true;
  await retrying(() => client.createTopics([wanted], callTimeoutMs), patience).catch((thrown: unknown) => {
    if (!failedWith(thrown, "TOPIC_ALREADY_EXISTS")) throw thrown;
    made = false;
  });
  return { made, info: await ledTopic(context, wanted.name, 1) };
}

/** Resolves when a topic has at least so many partitions and each of them is led: some of the brokers learn of it later than others. */
export function ledTopic(
  { client, clock, random }: TopicContext,
  topic: string,
  partitions: number,
): Promise<TopicInfo> {
  const look = async () => {
    const info = (await client.topics([topic])).get(topic);
    if (info === undefined || info.leaders.length < partitions || info.leaders.some((leader) => leader < 0)) {
      throw new KafkaFailure("LEADER_NOT_AVAILABLE", `topic ${topic} is not there yet`, true);
    }
    return info;
  };
  return retrying(look, { clock, random, patienceMs: spreadMs });
}
