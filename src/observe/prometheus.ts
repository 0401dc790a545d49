import { Exposition, metricName } from "./exposition.ts";
import { printable } from "./printable.ts";
import type { ProcessFigures } from "./process-metrics.ts";
import type { CheckpointStatus, JobState, JobStatus, SourceStatus, StepStatus } from "./status.ts";

const states: readonly JobState[] = ["starting", "running", "draining", "finished", "failed"];

/**
 * A status in the Prometheus text format. Labels are `step`, `source`, `partition`, `reason` and `state`, all from bounded sets: ids of
 * the plan, and what a meter let through. A step's own counter `late` becomes `millrace_step_late_total`, its own figure
 * `heldBytes` the gauge `millrace_step_own_held_bytes`; a boolean is 0 or 1, a source's
 * figures by partition are told one by one, others are left out.
 */
export function prometheusText(status: JobStatus, figures?: ProcessFigures): string {
  const out = new Exposition();
  for (const state of states) {
    out.add("gauge", "millrace_state", "1 for the state the pipeline is in.", Number(state === status.state), {
      state,
    });
  }
  out.add("gauge", "millrace_elapsed_seconds", "Time since the pipeline was started.", status.elapsedMs / 1000);
  for (const source of status.sources) addSource(out, source);
  for (const step of status.steps) addStep(out, step);
  if (status.checkpoints !== undefined) addCheckpoints(out, status.checkpoints);
  if (figures !== undefined) addProcess(out, figures);
  return out.text();
}

function addSource(out: Exposition, source: SourceStatus): void {
  const labels = { source: printable(source.id) };
  const held = Number(source.activity === "held back");
  out.add("counter", "millrace_source_records_total", "Records read.", source.records, labels);
  out.add("counter", "millrace_source_bytes_total", "Bytes read, decompressed.", source.bytes, labels);
  out.add("gauge", "millrace_source_done_bytes", "How far the source has come.", source.doneBytes, labels);
  out.add("gauge", "millrace_source_size_bytes", "How much there is to read.", source.totalBytes, labels);
  out.add("gauge", "millrace_source_silent_seconds", "Time since the last record.", source.silentMs / 1000, labels);
  out.add("gauge", "millrace_source_held_back", "1 while a full step or sink makes it wait.", held, labels);
  addOwn(out, "millrace_source_own_", source.own, labels);
  addByPartition(out, source);
}

function addStep(out: Exposition, step: StepStatus): void {
  const labels = { step: printable(step.id) };
  const seconds = step.watermark === undefined ? undefined : step.watermark / 1000;
  out.add("counter", "millrace_records_in_total", "Records taken.", step.in, labels);
  out.add("counter", "millrace_records_out_total", "Records handed on.", step.out, labels);
  out.add("gauge", "millrace_watermark_seconds", "Event time of the input, in Unix seconds.", seconds, labels);
  for (const [key, value] of Object.entries(step.counters)) {
    const colon = key.indexOf(":");
    const name = colon === -1 ? key : key.slice(0, colon);
    const reason = colon === -1 ? labels : { ...labels, reason: printable(key.slice(colon + 1)) };
    out.add(
      "counter",
      `millrace_step_${metricName(name)}_total`,
      `The step's own count: ${printable(name)}.`,
      value,
      reason,
    );
  }
  addOwn(out, "millrace_step_own_", step.own, labels);
}

function addOwn(
  out: Exposition,
  prefix: string,
  own: Readonly<Record<string, unknown>>,
  labels: Record<string, string>,
): void {
  for (const [key, value] of Object.entries(own)) {
    if (typeof value !== "number" && typeof value !== "boolean") continue;
    out.add("gauge", prefix + metricName(key), `Own figure: ${printable(key)}.`, Number(value), labels);
  }
}

/** Figures of a source's partitions, such as `lag: { "frames-0": 12 }`; their names are a bounded set, as partitions are. */
function addByPartition(out: Exposition, { id, own }: SourceStatus): void {
  for (const [key, figures] of Object.entries(own)) {
    if (typeof figures !== "object" || figures === null) continue;
    for (const [name, figure] of Object.entries(figures)) {
      if (typeof figure !== "number") continue;
      const labels = { source: printable(id), partition: printable(name) };
      out.add("gauge", `millrace_source_own_${metricName(key)}`, `By partition: ${printable(key)}.`, figure, labels);
    }
  }
}

function addCheckpoints(out: Exposition, checkpoints: CheckpointStatus): void {
  const { count, lastAtMs, lastPauseMs, lastDurationMs, longestPauseMs, store } = checkpoints;
  const at = lastAtMs === undefined ? undefined : lastAtMs / 1000;
  out.add("counter", "millrace_checkpoints_total", "Checkpoints taken.", count);
  out.add("gauge", "millrace_checkpoint_last_seconds", "When the last checkpoint was taken, in Unix seconds.", at);
  out.add(
    "gauge",
    "millrace_checkpoint_pause_seconds",
    "How long the last one stopped the intake.",
    lastPauseMs / 1000,
  );
  out.add("gauge", "millrace_checkpoint_duration_seconds", "How long the last one took.", lastDurationMs / 1000);
  out.add("gauge", "millrace_checkpoint_longest_pause_seconds", "The longest stop so far.", longestPauseMs / 1000);
  addOwn(out, "millrace_checkpoint_store_", store, {});
}

function addProcess(out: Exposition, figures: ProcessFigures): void {
  const { mean, p99, max } = figures.loopLagSeconds;
  out.add("gauge", "process_resident_memory_bytes", "Resident memory.", figures.residentBytes);
  out.add("counter", "process_cpu_seconds_total", "Processor time, user and system.", figures.cpuSeconds);
  out.add("gauge", "nodejs_heap_size_used_bytes", "Used memory of the JavaScript heap.", figures.heapUsedBytes);
  out.add("gauge", "nodejs_eventloop_lag_mean_seconds", "Mean lag of the event loop since the last scrape.", mean);
  out.add("gauge", "nodejs_eventloop_lag_p99_seconds", "99th percentile of that lag.", p99);
  out.add("gauge", "nodejs_eventloop_lag_max_seconds", "Longest such lag.", max);
}
