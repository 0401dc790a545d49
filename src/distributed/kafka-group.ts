import { isSameCluster } from "../connectors/kafka/kafka-options.ts";
import { KafkaSink } from "../connectors/kafka/kafka-sink.ts";
import { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import { MillraceError } from "../core/errors.ts";
import type { SinkContext } from "../core/sink.ts";
import type { Plan, SinkStep, SourceStep } from "../plan/plan.ts";
import type { JobOptions } from "../runtime/job.ts";
import type { Platform } from "../runtime/platform.ts";
import { GroupRun } from "./group-run.ts";
import { type GroupSettings, groupSettings, type KafkaGroupOptions } from "./group-settings.ts";

/**
 * Runs a pipeline as a member of a Kafka consumer group: every process (or thread) that runs it with the same group takes a
 * share of the source's partitions, adding one rebalances, and one that dies is replaced by the others. State is kept in
 * compacted topics of the group's own.
 *
 * ```ts
 * await pipeline.run({ on: kafkaGroup({ group: "counts" }) }).done;
 * ```
 *
 * The pipeline has one source, a `kafkaSource`. What its Kafka sinks on the same cluster get is committed together with state
 * and offsets, exactly once unless told otherwise; other sinks are at-least-once. A step that needs all records of a key
 * stands behind a `keyBy`; windows without a key are computed by parts and put together. Throws `ML1001` for a pipeline that
 * cannot run so, `ML1002` for an option that cannot be used.
 */
export function kafkaGroup(options: KafkaGroupOptions): Platform {
  const settings = groupSettings(options);
  return {
    name: `kafka group ${settings.group}`,
    planned: (plan) => plannedOn(plan, settings.guarantee),
    run: (plan, job) => {
      const source = sourceOf(plan);
      checkJob(job);
      for (const step of plan.steps) if (step.type === "sink") checkSink(step, source, settings.guarantee);
      return new GroupRun({ plan, source, settings, job });
    },
  };
}

/** What Kafka sinks get on the source's cluster is committed by the group, with its guarantee. */
function plannedOn(plan: Plan, delivery: GroupSettings["guarantee"]): Plan {
  const source = sourceOf(plan);
  const steps = plan.steps.map((step) => {
    if (step.type !== "sink" || !(step.sink instanceof KafkaSink)) return step;
    const { sink } = step;
    if (!isSameCluster(source.cluster, sink.cluster)) return step;
    const traits = { ...sink.traits, delivery };
    return { ...step, sink: { traits, open: (context: SinkContext) => sink.open(context) } };
  });
  return { ...plan, steps };
}

function sourceOf(plan: Plan): KafkaSource {
  const [first, ...others] = plan.steps.filter((step): step is SourceStep => step.type === "source");
  if (others.length === 0 && first?.source instanceof KafkaSource) return first.source;
  throw new MillraceError("ML1001", {
    message: "on a Kafka group a pipeline reads one kafkaSource (which may have several topics), and nothing else",
    step: (others[0] ?? first)?.id,
  });
}

function checkJob({ checkpoints, stopAfterSilentMs }: JobOptions): void {
  if (checkpoints !== undefined) {
    throw new MillraceError("ML1002", { message: "checkpoints: a Kafka group keeps the state itself" });
  }
  if (stopAfterSilentMs !== undefined) {
    const message = "on a Kafka group no silence ends a run, since others may still have work; read untilEnd instead";
    throw new MillraceError("ML1002", { message });
  }
}

/** A sink that undoes what came after a checkpoint has one output of its own, and here it would be opened by many tasks. */
function checkSink({ id, sink }: SinkStep, source: KafkaSource, guarantee: string): void {
  const isKafka = sink instanceof KafkaSink;
  if (!isKafka && sink.traits.delivery === "exactly-once") {
    throw new MillraceError("ML1001", {
      step: id,
      message: `${sink.traits.name} cannot be written by the many tasks of a group; write to Kafka, or to stdout`,
    });
  }
  if (isKafka && guarantee === "exactly-once" && !isSameCluster(source.cluster, sink.cluster)) {
    throw new MillraceError("ML1001", {
      step: id,
      message: `${sink.traits.name} is on another cluster than the source, and no transaction spans two; write to the source's cluster, or run at-least-once`,
    });
  }
}
