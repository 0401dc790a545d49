import type { Clock } from "../../../core/clock.ts";
import { MillraceError } from "../../../core/errors.ts";
import type { Random } from "../../../core/random.ts";
import type { KafkaClient, TopicInfo } from "../client/kafka-client.ts";
import { failedWith, KafkaFailure } from "../client/kafka-failure.ts";
import { type Patience, retrying } from "../retrying.ts";

/** A topic of the pipeline's own. */
export interface OwnTopic {
  readonly topic: string;
  /** As many as the topic has whose partitions it goes with. */
  readonly partitions: number;
  /** Default: the cluster's. */
  readonly replicas?: number | undefined;
}

/** What topics are made or checked with. */
export interface OwnTopicContext {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a changelog must have, or nothing could be restored from it; and, when we make it, closed segments, since only these are compacted. */
const changelogSettings = { "cleanup.policy": "compact" };
const changelogComfort = { "segment.bytes": String(64 * 1024 * 1024) };
/** What an exchange must have: nothing may go that was not read, however late it is read. */
const exchangeSettings = { "cleanup.policy": "delete", "retention.ms": "-1" };

const createTimeoutMs = 30_000;
const patienceMs = 30_000;

/**
 * Makes the topic that keeps a stage's state, compacted, or checks the one that is there. Rejects with `ML5003` when that one
 * has other settings or another number of partitions.
 */
export async function ensureChangelog(context: OwnTopicContext, wanted: OwnTopic): Promise<void> {
  const info = await made(context, wanted, { ...changelogSettings, ...changelogComfort });
  await checkSettings(context, wanted.topic, changelogSettings);
  const { length } = info.leaders;
  if (length === wanted.partitions) return;
  throw unfit(
    `the changelog topic ${wanted.topic} has ${length} partitions, and what it belongs to has ${wanted.partitions}: state would be ` +
      `looked for in the wrong place. If the input has grown, state kept by partition cannot move with it: start a new group, ` +
      `or delete ${wanted.topic} and the group's offsets to begin anew`,
  );
}

/**
 * Makes the topic over which a stage hands its records to the next, or checks the one that is there, and gives how many
 * partitions it has: those it was made with. Rejects with `ML5003` when it has settings by which records could be lost.
 */
export async function ensureExchange(context: OwnTopicContext, wanted: OwnTopic): Promise<number> {
  const info = await made(context, wanted, exchangeSettings);
  await checkSettings(context, wanted.topic, exchangeSettings);
  return info.leaders.length;
}

/** Several members may do this at once: whoever comes second finds the topic there. */
async function made(
  context: OwnTopicContext,
  wanted: OwnTopic,
  settings: Readonly<Record<string, string>>,
): Promise<TopicInfo> {
  const { client } = context;
  const { topic, partitions, replicas = -1 } = wanted;
  const find = async () => (await client.topics([topic])).get(topic);
  const there = await retrying(find, patienceOf(context));
  if (there !== undefined) return there;
  const create = () => client.createTopics([{ name: topic, partitions, replicas, settings }], createTimeoutMs);
  await retrying(create, patienceOf(context)).catch((thrown: unknown) => {
    if (!failedWith(thrown, "TOPIC_ALREADY_EXISTS")) throw thrown;
  });
  // Some of the brokers learn of it later than others.
  const known = async () => {
    const info = await find();
    if (info === undefined || info.leaders.length === 0 || info.leaders.some((leader) => leader < 0)) {
      throw new KafkaFailure("LEADER_NOT_AVAILABLE", `topic ${topic} is not there yet`, true);
    }
    return info;
  };
  return retrying(known, patienceOf(context));
}

async function checkSettings(
  context: OwnTopicContext,
  topic: string,
  wanted: Readonly<Record<string, string>>,
): Promise<void> {
  const also = ["UNKNOWN_TOPIC_OR_PARTITION"];
  const settings = await retrying(() => context.client.topicSettings(topic), { ...patienceOf(context), also });
  for (const [name, value] of Object.entries(wanted)) {
    const is = settings.get(name);
    if (is === value) continue;
    throw unfit(
      `topic ${topic} has ${name}=${is}, and it must be ${value}, or the pipeline could lose what it keeps there: change it ` +
        `(kafka-configs --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${value})`,
    );
  }
}

function patienceOf({ clock, random }: OwnTopicContext): Patience {
  return { clock, random, patienceMs };
}

function unfit(message: string): MillraceError {
  return new MillraceError("ML5003", { message });
}
