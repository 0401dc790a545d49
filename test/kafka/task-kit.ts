import { lines } from "../../src/codecs/lines.ts";
import type { KafkaClient, TopicPartition } from "../../src/connectors/kafka/client/kafka-client.ts";
import { kafkaSink, kafkaSource } from "../../src/connectors/kafka/index.ts";
import { retrying } from "../../src/connectors/kafka/retrying.ts";
import { checkpointStore } from "../../src/connectors/kafka/task/checkpoint-record.ts";
import { ensureChangelog } from "../../src/connectors/kafka/task/ensure-topics.ts";
import { KafkaCheckpoints } from "../../src/connectors/kafka/task/kafka-checkpoints.ts";
import { openTaskOutput } from "../../src/connectors/kafka/task/open-task-output.ts";
import { type RestoreProgress, restoreChangelog } from "../../src/connectors/kafka/task/restore-changelog.ts";
import type { TaskGuarantee, TaskOutput } from "../../src/connectors/kafka/task/task-output.ts";
import { type Decoder, Malformed } from "../../src/core/codec.ts";
import type { DeadLetter } from "../../src/core/dead-letter.ts";
import type { OnError } from "../../src/core/operator.ts";
import { seededRandom } from "../../src/core/random.ts";
import type { Processor } from "../../src/operators/process.ts";
import { Job } from "../../src/runtime/job.ts";
import { structuredCodec } from "../../src/state/value-codec.ts";
import { stream } from "../../src/stream/stream.ts";
import { clientOf, clock, random, readTopic } from "./kit.ts";

/** What a task of the tests works on. */
export interface TaskSetup {
  readonly brokers: string;
  readonly group: string;
  readonly input: string;
  readonly output: string;
  /** Where it stops; undefined: it goes on. */
  readonly end?: number | undefined;
  readonly guarantee?: TaskGuarantee;
  readonly checkpointMs?: number;
  readonly transactionTimeoutMs?: number;
  readonly onProgress?: (progress: RestoreProgress) => void;
  readonly warn?: (message: string) => void;
  /** What to do with a text that begins with `bad`; default: dead letters. */
  readonly onMalformed?: OnError;
  /** Where dead letters go: their reason as key, step and place in headers. */
  readonly deadLetters?: string;
  /** What the source does where the broker has forgotten what comes next. */
  readonly lost?: "refuse" | "skip";
  /** Called with each record's text before it counts. */
  readonly onRecord?: (text: string) => void;
}

/** A task that runs, and what it runs on. */
export interface RunningTask {
  readonly job: Job;
  readonly output: TaskOutput;
  /** Resolves when the job has ended, however, and lets go of everything. */
  readonly ended: Promise<unknown>;
}

/** The changelog topic of a group's only stage. */
export function changelogOf({ group, input }: Pick<TaskSetup, "group" | "input">): string {
  return `${group}-${input}-changelog`;
}

/** Runs a task over partition 0: counts each text, and writes `text=count` for every record, the text as key. */
export async function startTask(setup: TaskSetup): Promise<RunningTask> {
  const { brokers, group, input, guarantee = "exactly-once" } = setup;
  const client = clientOf(brokers);
  const place = { topic: input, partition: 0 };
  const onTrouble = () => {};
  const base = { client, clock, random, group, onTrouble };
  const changelog = changelogOf(setup);
  await ensureChangelog(base, { topic: changelog, partitions: 1 });
  const output = await openTaskOutput({
    ...base,
    guarantee,
    transactionalId: `${group}-${input}-0`,
    ...(setup.transactionTimeoutMs === undefined ? {} : { transactionTimeoutMs: setup.transactionTimeoutMs }),
  });
  const { warn = () => {}, onProgress } = setup;
  const checkpoints = new KafkaCheckpoints({
    ...base,
    output,
    input: place,
    sourceId: "in",
    changelog,
    warn,
    onProgress,
  });
  const job = new Job(planOf(setup, place, output), {
    checkpoints,
    checkpointIntervalMs: setup.checkpointMs ?? 20,
  });
  const ended = job.done.finally(async () => {
    await output.close();
    await client.close();
  });
  ended.catch(() => {});
  return { job, output, ended };
}

function planOf(setup: TaskSetup, place: TopicPartition, output: TaskOutput) {
  const { brokers, input, end, onRecord, lost = "refuse", onMalformed = "deadLetter" } = setup;
  const source = kafkaSource({ brokers, topics: input, fetchBytes: 16 * 1024, lost }).forTask({ place, end });
  const sink = kafkaSink<string>({
    brokers,
    topic: setup.output,
    key: (text) => text.split("=")[0]!,
    encoder: lines.text,
  }).forTask(output);
  const pipeline = stream("in", source)
    .decode("text", texts, { onMalformed })
    .keyBy("by-text", (text) => text)
    .process("count", counter(onRecord))
    .to("out", sink);
  return setup.deadLetters === undefined
    ? pipeline.plan
    : pipeline.deadLetters("dead", deadLettersTo(brokers, setup.deadLetters).forTask(output)).plan;
}

/** Texts, but for those that begin with `bad`; `huge` and a number stand for a text that long. */
const texts: Decoder<string> = {
  name: "text",
  decode: (bytes, start, end) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset).toString("utf8", start, end);
    return text.startsWith("bad") ? bad : text.replace(/^huge(\d+)$/, (_, count) => noise(Number(count)));
  },
};
const bad = new Malformed("bad text");

/** Text of that length, the same every time, that no compression makes much smaller. */
function noise(length: number): string {
  const chance = seededRandom(length);
  return Array.from({ length }, () => chance.below(36).toString(36)).join("");
}

function deadLettersTo(brokers: string, topic: string) {
  return kafkaSink<DeadLetter>({
    brokers,
    topic,
    key: ({ reason }) => reason,
    headers: ({ step, place }) => [
      ["step", Buffer.from(step)],
      ["place", Buffer.from(place)],
    ],
    encoder: { name: "raw", encode: ({ raw }) => raw ?? "" },
  });
}

function counter(onRecord: TaskSetup["onRecord"]): Processor<string, string, string> {
  return {
    kind: "count",
    version: "1",
    open: (context) => {
      const counts = context.state<number>("counts");
      return {
        record: (text) => {
          onRecord?.(text);
          const count = (counts.get() ?? 0) + 1;
          counts.set(count);
          context.emit(`${text}=${count}`);
        },
      };
    },
  };
}

/** What an undisturbed task writes for these records. */
export function countsOf(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return texts.map((text) => {
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    return `${text}=${count}`;
  });
}

/** The values of partition 0 of a topic, read committed. */
export async function valuesIn(client: KafkaClient, topic: string): Promise<(string | null)[]> {
  return (await readTopic(client, topic)).map(({ value }) => value);
}

/** What a group has committed for partition 0 of a topic; the markers of a transaction are waited for. */
export async function committedOf(client: KafkaClient, group: string, topic: string) {
  const ask = async () => client.committed(await client.coordinator("group", group), group, [{ topic, partition: 0 }]);
  const patience = { clock, random, patienceMs: 30_000, also: ["UNSTABLE_OFFSET_COMMIT"] };
  return (await retrying(ask, patience)).get(`${topic}-0`);
}

/** The state that a task's changelog holds: the last value of each key, as the engine restores it. */
export async function stateOf(client: KafkaClient, setup: TaskSetup): Promise<Map<string, string>> {
  const state = new Map<string, string>();
  await restoreChangelog({
    client,
    clock,
    random,
    place: { topic: changelogOf(setup), partition: 0 },
    onChange: (store, entry, value) => {
      const name = `${store} ${entry}`;
      if (store === checkpointStore) return;
      if (value === undefined) state.delete(name);
      else state.set(name, String(structuredCodec.decode(value)));
    },
    onProgress: () => {},
    onTrouble: () => {},
    signal: undefined,
  });
  return state;
}
