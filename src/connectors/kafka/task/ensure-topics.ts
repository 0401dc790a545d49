import { MillraceError } from "../../../core/errors.ts";
import type { TopicInfo } from "../client/kafka-client.ts";
import { failedWith } from "../client/kafka-failure.ts";
import { ledTopic, madeTopic, type TopicContext } from "../made-topic.ts";
import { type Patience, retrying } from "../retrying.ts";

/** A topic of the pipeline's own. */
export interface OwnTopic {
  readonly topic: string;
  /** As many as the topic has whose partitions it goes with. */
  readonly partitions: number;
  /** Default: the cluster's. */
  readonly replicas?: number | undefined;
}

/** What a changelog must have, or the newest value of a key could be lost. */
const changelogSettings = { "cleanup.policy": "compact" };
/**
 * What topics of ours take of one batch when we make them. A record of 1 MiB, which is what sources take by default, grows by its
 * envelope, to three times its size where its bytes are no text and it is read as such, and may be its own key.
 */
const roomy = { "max.message.bytes": String(8 * 1024 * 1024) };
/** What it has besides when we make it: segments that are soon closed, since only these are compacted. */
const changelogComfort = { ...roomy, "segment.bytes": String(64 * 1024 * 1024) };
/** What an exchange must have: nothing may go that was not read, however late it is read. */
const exchangeSettings = { "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1" };

const callTimeoutMs = 30_000;
const patienceMs = 30_000;

/**
 * Makes the topic that keeps a stage's state, compacted, or checks the one that is there. One whose input has grown grows with
 * it: what is kept stays with its partition. Rejects with `ML5003` when it has other settings, or more partitions than the input.
 */
export async function ensureChangelog(context: TopicContext, wanted: OwnTopic): Promise<void> {
  const { topic, partitions } = wanted;
  const info = await made(context, wanted, { ...changelogSettings, ...changelogComfort });
  await checkSettings(context, topic, changelogSettings);
  const { length } = info.leaders;
  if (length < partitions) await grow(context, topic, partitions);
  if (length <= partitions) return;
  throw unfit(
    `the changelog topic ${topic} has ${length} partitions, and the topic whose state it keeps has ${partitions}: it belongs to ` +
      `another topic, or to one that was made again. Give the pipeline another group, or delete ${topic} to begin anew`,
  );
}

/**
 * Makes the topic over which a stage hands its records to the next, or checks the one that is there, and gives how many
 * partitions it has: those it was made with. Rejects with `ML5003` when it has settings by which records could be lost.
 */
export async function ensureExchange(context: TopicContext, wanted: OwnTopic): Promise<number> {
  const info = await made(context, wanted, { ...exchangeSettings, ...roomy });
  await checkSettings(context, wanted.topic, exchangeSettings);
  return info.leaders.length;
}

async function made(
  context: TopicContext,
  { topic, partitions, replicas = -1 }: OwnTopic,
  settings: Readonly<Record<string, string>>,
): Promise<TopicInfo> {
  return (await madeTopic(context, { name: topic, partitions, replicas, settings }, patienceOf(context))).info;
}

/** Another member may have been faster, and have grown it as far already. */
async function grow(context: TopicContext, topic: string, partitions: number): Promise<void> {
  const work = () => context.client.growTopic(topic, partitions, callTimeoutMs);
  await retrying(work, patienceOf(context)).catch((thrown: unknown) => {
    if (!failedWith(thrown, "INVALID_PARTITIONS")) throw thrown;
  });
  await ledTopic(context, topic, partitions);
}

async function checkSettings(
  context: TopicContext,
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

function patienceOf({ clock, random }: TopicContext): Patience {
  return { clock, random, patienceMs };
}

function unfit(message: string): MillraceError {
  return new MillraceError("ML5003", { message });
}
