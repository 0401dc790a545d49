import { type KafkaClient, nameOf } from "../connectors/kafka/client/kafka-client.ts";
import { isSameCluster, openClient } from "../connectors/kafka/kafka-options.ts";
import { KafkaSink } from "../connectors/kafka/kafka-sink.ts";
import type { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import { KafkaCheckpoints } from "../connectors/kafka/task/kafka-checkpoints.ts";
import { openTaskOutput } from "../connectors/kafka/task/open-task-output.ts";
import type { RestoreProgress } from "../connectors/kafka/task/restore-changelog.ts";
import type { TaskOutput } from "../connectors/kafka/task/task-output.ts";
import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { Sink } from "../core/sink.ts";
import type { Logger } from "../observe/log.ts";
import type { Plan, SinkStep } from "../plan/plan.ts";
import type { JobOptions } from "../runtime/job.ts";
import { exchangeSink } from "./exchange-sink.ts";
import { ExchangeSource } from "./exchange-source.ts";
import type { GroupSettings } from "./group-settings.ts";
import { transactionalId } from "./topic-names.ts";
import type { InputOfTask, Topology } from "./topology.ts";
import { TroubleLog } from "./trouble-log.ts";

/** What a task is made from. */
export interface TaskSetup {
  readonly input: InputOfTask;
  readonly topology: Topology;
  readonly source: KafkaSource;
  readonly settings: GroupSettings;
  /** By source partition: where a run that ends by itself is through; undefined for one that goes on. */
  readonly ends: ReadonlyMap<string, number> | undefined;
  /** How much one fetch may bring, given how many tasks share this process. */
  readonly fetchBytes: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A task that is ready to run. */
export interface TaskParts {
  readonly plan: Plan;
  readonly job: Pick<JobOptions, "checkpoints" | "outputCheckpointMs">;
  close(): Promise<void>;
}

/**
 * Opens what a task works with, in the order that makes it safe: the output first, which fences whoever had the partition
 * before and ends what that one left open; what is committed is read after that, by the job itself.
 */
export async function openTask(setup: TaskSetup, signal: AbortSignal): Promise<TaskParts> {
  const client = openClient(setup.source.cluster, setup.clock);
  try {
    const output = await openOutput(setup, client);
    return {
      plan: planOf(setup, output, client),
      job: {
        checkpoints: checkpointsOf(setup, client, output, signal),
        outputCheckpointMs: setup.settings.commitIntervalMs,
      },
      close: async () => {
        await output.close();
        await client.close();
      },
    };
  } catch (thrown) {
    await client.close();
    throw thrown;
  }
}

function openOutput(setup: TaskSetup, client: KafkaClient): Promise<TaskOutput> {
  const { settings, input, clock, random, logger } = setup;
  const { topic, partition } = input.place;
  return openTaskOutput({
    client,
    clock,
    random,
    guarantee: settings.guarantee,
    group: settings.group,
    transactionalId: transactionalId(settings.group, topic, partition),
    commitIntervalMs: settings.commitIntervalMs,
    transactionTimeoutMs: settings.transactionTimeoutMs,
    onTrouble: new TroubleLog(logger, clock).note,
  });
}

function checkpointsOf(
  setup: TaskSetup,
  client: KafkaClient,
  output: TaskOutput,
  signal: AbortSignal,
): KafkaCheckpoints {
  const { input, settings, clock, random, logger } = setup;
  return new KafkaCheckpoints({
    client,
    clock,
    random,
    output,
    signal,
    input: input.place,
    sourceId: input.stage.sourceId,
    group: settings.group,
    changelog: input.changelog,
    onProgress: (progress) => tellRestore(logger, progress),
    onTrouble: new TroubleLog(logger, clock).note,
    warn: (message) => logger.warn(message),
  });
}

/** An empty changelog is nothing to tell. */
function tellRestore(logger: Logger, { records, bytes, share, elapsedMs, isDone }: RestoreProgress): void {
  if (records === 0) return;
  const rate = Math.round((1000 * records) / Math.max(elapsedMs, 1));
  logger.info(isDone ? "state restored" : `restoring state, ${Math.floor(100 * share)} %`, {
    records,
    bytes,
    ms: Math.round(elapsedMs),
    recordsPerSecond: rate,
  });
}

function planOf(setup: TaskSetup, output: TaskOutput, client: KafkaClient): Plan {
  const { input, topology, source, ends, fetchBytes } = setup;
  const { stage, place } = input;
  const name = nameOf(place);
  const bounds = { fetchBytes, inFlightBytesMax: 2 * fetchBytes };
  const exchanged = new ExchangeSource(source.forTask({ place, start: "earliest", ...bounds }), client, place);
  return stage.plan({
    source: stage.input.kind === "exchange" ? exchanged : source.forTask({ place, end: ends?.get(name), ...bounds }),
    sink: (step) => sinkOf(step, source, output),
    exchange: (id) => {
      const { topic, partitions } = topology.exchange(id);
      return { sink: exchangeSink(output, topic, partitions), partitions };
    },
    from: name,
    total: () => topology.sendersOf(stage),
    ends,
    onEnded: () => exchanged.end(),
  });
}

/** A Kafka sink of the source's cluster writes what the task commits; every other one writes by itself. */
function sinkOf({ sink }: SinkStep, source: KafkaSource, output: TaskOutput): Sink<unknown> {
  return sink instanceof KafkaSink && isSameCluster(source.cluster, sink.cluster) ? sink.forTask(output) : sink;
}
