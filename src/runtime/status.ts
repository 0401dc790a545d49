import type { MillraceError } from "../core/errors.ts";
import type { CheckpointStatus, JobState, JobStatus, StepStatus } from "../observe/status.ts";
import type { Plan, Step } from "../plan/plan.ts";
import type { Feed } from "./feed.ts";
import type { Graph } from "./graph.ts";
import type { Meters } from "./meters.ts";

/** The parts a status is made from. */
export interface StatusParts {
  readonly plan: Plan;
  readonly graph: Graph;
  readonly feeds: readonly Feed[];
  readonly meters: Meters;
  readonly state: JobState;
  readonly error: MillraceError | undefined;
  readonly checkpoints: CheckpointStatus | undefined;
  readonly elapsedMs: number;
  /** Wall time now. */
  readonly atMs: number;
}

/** Everything the parts of a running pipeline tell of themselves at this moment. */
export function statusOf(parts: StatusParts): JobStatus {
  return {
    state: parts.state,
    atMs: parts.atMs,
    elapsedMs: parts.elapsedMs,
    error: parts.error?.message,
    sources: parts.feeds.map((feed) => ({ ...feed.status(), heldBackBy: fullSink(parts.graph) })),
    steps: parts.plan.steps.map((step) => stepStatus(step, parts)),
    checkpoints: parts.checkpoints,
  };
}

function fullSink(graph: Graph): string | undefined {
  return [...graph.sinks.values()].find((sink) => sink.full)?.step.id;
}

function stepStatus(step: Step, parts: StatusParts): StepStatus {
  const operator = parts.graph.operators.get(step.id);
  const sink = parts.graph.sinks.get(step.id);
  const feed = parts.feeds.find((one) => one.step.id === step.id);
  const meter = parts.meters.of(step.id);
  const counts = operator?.counts?.();
  const time = operator?.time ?? sink?.time ?? Number.NEGATIVE_INFINITY;
  return {
    id: step.id,
    kind: step.type === "operator" ? step.operator.kind : step.type,
    in: counts?.in ?? operator?.in ?? sink?.in ?? feed?.records ?? 0,
    out: counts?.out ?? operator?.context.out ?? sink?.in ?? feed?.records ?? 0,
    watermark: Number.isFinite(time) ? time : undefined,
    counters: meter.counters(),
    own: { ...meter.gauges(), ...operator?.task.status?.(), ...(sink === undefined ? {} : { full: sink.full }) },
    inputs: step.inputs.map((input) => input.from),
    waitsFor:
      operator?.task.waitsFor?.() ?? (sink?.full ? "waits for room: the other side takes less than comes" : undefined),
  };
}
