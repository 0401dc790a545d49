import { formatElapsed, formatTime } from "./format-figures.ts";
import { printable } from "./printable.ts";
import type { EventClockStatus, JobStatus, PartitionClockStatus, SourceStatus, StepStatus } from "./status.ts";

/** Silences shorter than this are the pauses between two reads. */
const silentFromMs = 1_000;

/**
 * Why a running pipeline gives no results just now, as lines of text: what each step waits for, where event time stands
 * and since when, which partition holds it there, and what that one's source is doing; then which sources are held back.
 */
export function whyWaiting(status: JobStatus): string {
  const lines = [stateLine(status)];
  for (const step of status.steps) {
    if (step.waitsFor === undefined) continue;
    lines.push(`step "${printable(step.id)}": ${printable(step.waitsFor)}${reasonClause(step, status)}`);
  }
  for (const source of status.sources) {
    if (source.activity === "held back") lines.push(`${sourceName(source)} ${sourceClause(source, undefined)}`);
  }
  if (lines.length === 1) lines.push("no step waits for anything");
  return `${lines.join("\n")}\n`;
}

function stateLine(status: JobStatus): string {
  const error = status.error === undefined ? "" : `: ${printable(status.error)}`;
  return `${status.state}, started ${formatElapsed(status.elapsedMs)} ago${error}`;
}

/** What lies behind a step's waiting for event time; a step that keeps the time has told where it stands itself. */
function reasonClause(step: StepStatus, status: JobStatus): string {
  const own = ownClock(step);
  if (own !== undefined) return holderClause(own, status);
  if (!step.waitsFor?.includes("event time")) return "";
  const clock = clockOf(step, status);
  const time = finite(step.watermark) ?? finite(clock?.watermark);
  const since = clock === undefined ? "" : ` since ${sinceText(clock.watermarkSince, status.atMs)}`;
  const stands = time === undefined ? "event time has not begun" : `event time stands at ${formatTime(time)}${since}`;
  return `; ${stands}${holderClause(clock, status)}`;
}

function sinceText(momentMs: number, nowMs: number | undefined): string {
  return nowMs === undefined ? formatTime(momentMs) : formatElapsed(Math.max(0, nowMs - momentMs));
}

function holderClause(clock: EventClockStatus | undefined, status: JobStatus): string {
  const { name: partition, toldAtMs } = slowest(clock) ?? {};
  const source =
    status.sources.find((one) => partition !== undefined && one.partitions?.includes(partition)) ??
    (status.sources.length === 1 ? status.sources[0] : undefined);
  const held = partition === undefined ? undefined : `held by partition "${printable(partition)}"`;
  if (held !== undefined && toldAtMs !== undefined && !source?.partitions?.includes(partition!)) {
    const told = status.atMs === undefined ? `at ${formatTime(toldAtMs)}` : `${sinceText(toldAtMs, status.atMs)} ago`;
    return `, ${held}, whose task told so ${told}`;
  }
  if (source === undefined) return held === undefined ? "" : `, ${held}`;
  const doing = sourceClause(source, clock?.idleAfterMs);
  return held === undefined ? `; ${sourceName(source)} ${doing}` : `, ${held} of ${sourceName(source)}, which ${doing}`;
}

/** The first of the partitions furthest behind that count; one that has not begun is furthest. */
function slowest(clock: EventClockStatus | undefined): PartitionClockStatus | undefined {
  const behind = (one: PartitionClockStatus) => finite(one.highestTime) ?? Number.MIN_SAFE_INTEGER;
  return clock?.partitions.filter((one) => !one.idle).sort((a, b) => behind(a) - behind(b))[0];
}

function sourceName(source: SourceStatus): string {
  return `source "${printable(source.id)}"`;
}

function sourceClause(source: SourceStatus, idleAfterMs: number | undefined): string {
  if (source.activity === "ended") return "has ended";
  if (source.activity === "held back") {
    return source.heldBackBy === undefined
      ? "is held back by a full step"
      : `is held back by "${printable(source.heldBackBy)}", which is full`;
  }
  if (source.activity === "working" || source.silentMs < silentFromMs) return "is being read";
  const idle = idleAfterMs === undefined ? "" : ` (idle counts from ${formatElapsed(idleAfterMs)})`;
  return `has been silent for ${formatElapsed(source.silentMs)}${idle}`;
}

/** The clock a step's event time comes from: the lowest of the nearest ones on the way up to the sources. */
function clockOf(step: StepStatus, status: JobStatus): EventClockStatus | undefined {
  if (step.inputs === undefined) return nearestBefore(step, status);
  const byId = new Map(status.steps.map((one) => [one.id, one]));
  const found: EventClockStatus[] = [];
  const seen = new Set<string>();
  const waiting = [step.id];
  while (waiting.length > 0) {
    const id = waiting.pop()!;
    if (seen.has(id)) continue;
    seen.add(id);
    const clock = ownClock(byId.get(id));
    if (clock === undefined) waiting.push(...(byId.get(id)?.inputs ?? []));
    else found.push(clock);
  }
  return found.sort((a, b) => lowest(a) - lowest(b))[0];
}

/** A clock that has not begun is the lowest of all. */
function lowest(clock: EventClockStatus): number {
  return finite(clock.watermark) ?? Number.MIN_SAFE_INTEGER;
}

function nearestBefore(step: StepStatus, status: JobStatus): EventClockStatus | undefined {
  const upTo = status.steps.slice(0, status.steps.indexOf(step) + 1);
  return upTo.map(ownClock).findLast((clock) => clock !== undefined);
}

/** `own` is whatever a step likes: it counts as a clock only when it has the form of one. */
function ownClock(step: StepStatus | undefined): EventClockStatus | undefined {
  const own = step?.own as Partial<EventClockStatus> | undefined;
  const fits = typeof own?.watermarkSince === "number" && Array.isArray(own.partitions);
  return fits ? (own as EventClockStatus) : undefined;
}

function finite(time: number | undefined): number | undefined {
  return time !== undefined && Number.isFinite(time) ? time : undefined;
}
