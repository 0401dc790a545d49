import type { CheckpointStatus, JobState, JobStatus, SourceStatus, StepStatus } from "./status.ts";

/** What of several jobs that do the same work on different shares of it counts most for all of them: a failure, then what is not yet ready. */
const weightOf: readonly JobState[] = ["failed", "starting", "draining", "running", "finished"];

/**
 * The status of jobs that share one pipeline's work, as one: counts are added up, the lowest watermark and the longest time
 * stand for all, and figures of a step's own are added where they are numbers and joined where they are lists. Sources and
 * steps come in the order in which they are first met. With no status at all it is one of a pipeline that is starting.
 */
export function mergedStatus(statuses: readonly JobStatus[]): JobStatus {
  return {
    state: weightOf.find((state) => statuses.some((one) => one.state === state)) ?? "starting",
    atMs: highest(statuses.map((one) => one.atMs)),
    elapsedMs: highest(statuses.map((one) => one.elapsedMs)) ?? 0,
    error: statuses.find((one) => one.error !== undefined)?.error,
    sources: byId(statuses.flatMap((one) => one.sources)).map(mergedSource),
    steps: byId(statuses.flatMap((one) => one.steps)).map(mergedStep),
    checkpoints: mergedCheckpoints(statuses.map((one) => one.checkpoints).filter((one) => one !== undefined)),
  };
}

function byId<T extends { readonly id: string }>(items: readonly T[]): (readonly [T, ...T[]])[] {
  return [...Map.groupBy(items, (item) => item.id).values()] as [T, ...T[]][];
}

function mergedSource(parts: readonly [SourceStatus, ...SourceStatus[]]): SourceStatus {
  const [first] = parts;
  const open = parts.filter((part) => part.activity !== "ended");
  const told = open.find((part) => part.activity === "held back") ?? open.find((part) => part.activity === "working");
  return {
    id: first.id,
    name: first.name,
    records: sum(parts.map((part) => part.records)),
    bytes: sum(parts.map((part) => part.bytes)),
    doneBytes: sumOfAll(parts.map((part) => part.doneBytes)),
    totalBytes: sumOfAll(parts.map((part) => part.totalBytes)),
    activity: (told ?? open[0] ?? first).activity,
    heldBackBy: told?.heldBackBy,
    partitions: parts.flatMap((part) => part.partitions ?? []),
    silentMs: Math.min(...(open.length > 0 ? open : parts).map((part) => part.silentMs)),
    own: mergedFigures(parts.map((part) => part.own)),
  };
}

function mergedStep(parts: readonly [StepStatus, ...StepStatus[]]): StepStatus {
  const [first] = parts;
  const waiting = parts.filter((part) => part.waitsFor !== undefined).sort((a, b) => timeOf(a) - timeOf(b));
  return {
    id: first.id,
    kind: first.kind,
    in: sum(parts.map((part) => part.in)),
    out: sum(parts.map((part) => part.out)),
    watermark: lowest(parts.map((part) => part.watermark)),
    counters: mergedFigures(parts.map((part) => part.counters)) as Record<string, number>,
    own: mergedFigures(parts.map((part) => part.own)),
    waitsFor: waiting[0]?.waitsFor,
    inputs: [...new Set(parts.flatMap((part) => part.inputs ?? []))],
  };
}

function timeOf(step: StepStatus): number {
  return step.watermark ?? Number.MIN_SAFE_INTEGER;
}

/** Moments of the clock do not add up: the lowest stands for all. */
const moments = new Set(["watermark", "watermarkSince", "idleAfterMs"]);

function mergedFigures(parts: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    merged[name] = name in merged ? joined(name, merged[name], value) : value;
  }
  return merged;
}

function joined(name: string, one: unknown, other: unknown): unknown {
  if (typeof one === "number" && typeof other === "number") {
    return moments.has(name) ? Math.min(one, other) : one + other;
  }
  if (typeof one === "boolean" && typeof other === "boolean") return one || other;
  if (Array.isArray(one) && Array.isArray(other)) return [...one, ...other];
  if (isPlain(one) && isPlain(other)) return mergedFigures([one, other]);
  return one ?? other;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mergedCheckpoints(parts: readonly CheckpointStatus[]): CheckpointStatus | undefined {
  if (parts.length === 0) return undefined;
  return {
    count: sum(parts.map((part) => part.count)),
    lastAtMs: lowest(parts.map((part) => part.lastAtMs)),
    lastPauseMs: Math.max(...parts.map((part) => part.lastPauseMs)),
    lastDurationMs: Math.max(...parts.map((part) => part.lastDurationMs)),
    longestPauseMs: Math.max(...parts.map((part) => part.longestPauseMs)),
    store: mergedFigures(parts.map((part) => part.store)) as Record<string, number | string>,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Undefined when one of them is. */
function sumOfAll(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.includes(undefined) ? undefined : sum(numbers as readonly number[]);
}

function lowest(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function highest(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
