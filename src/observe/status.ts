/** Where a running pipeline is in its life. `"running"` only once every source and sink is open: readiness rests on it. */
export type JobState = "starting" | "running" | "draining" | "finished" | "failed";

/** What a step has done so far. `counters` has the step's own, with labels: `{ "late": 3, "dead:no ts": 2 }`. */
export interface StepStatus {
  readonly id: string;
  readonly kind: string;
  readonly in: number;
  readonly out: number;
  /** Event time up to which the step's input is complete, in ms since the epoch; undefined before there is one. */
  readonly watermark: number | undefined;
  readonly counters: Readonly<Record<string, number>>;
  /** Figures the step gives of itself. */
  readonly own: Readonly<Record<string, unknown>>;
  /**
   * Why it holds results back, as what follows `step "users": `, such as `"holds 2 windows: window 13:39:00Z +1m waits for
   * event time 13:40:05Z"`. One that has the words "event time" in it is followed by where event time stands, and why.
   */
  readonly waitsFor: string | undefined;
  /** The steps it reads from. Without it, event time is taken to come from the nearest step before it that has a clock. */
  readonly inputs?: readonly string[] | undefined;
}

/** What a step that keeps event time gives of itself in `own`, so that people can be told what holds it up. */
export interface EventClockStatus {
  /** The watermark it has given, in ms since the epoch; undefined before the first. */
  readonly watermark: number | undefined;
  /** Wall time since when the watermark has stood there, give or take a second of event time. */
  readonly watermarkSince: number;
  /** After how long a silence a partition no longer counts, in ms; left out where silence means nothing. */
  readonly idleAfterMs?: number | undefined;
  readonly partitions: readonly PartitionClockStatus[];
}

/** A partition's part in a step's event time. The lowest of those that are not idle holds the others up. */
export interface PartitionClockStatus {
  /** Undefined for records of no partition. */
  readonly name: string | undefined;
  /** The highest event time seen; undefined before it has begun. */
  readonly highestTime: number | undefined;
  readonly idle: boolean;
  /** Wall time at which another task, which reads the partition, last told of it, in ms; undefined if this one reads it, or none has told in this run. */
  readonly toldAtMs?: number | undefined;
}

/** How far a source has come. */
export interface SourceStatus {
  readonly id: string;
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  readonly doneBytes: number | undefined;
  readonly totalBytes: number | undefined;
  /** What the pipeline is doing with it: waiting for it, working on what it gave, or holding it back for a full sink. */
  readonly activity: "reading" | "working" | "held back" | "ended";
  /** The step that is full, while `activity` is `"held back"`. */
  readonly heldBackBy?: string | undefined;
  /** The names of its partitions; may be left out when there is one source. */
  readonly partitions?: readonly string[] | undefined;
  /** For how long it has been silent, in ms. */
  readonly silentMs: number;
  readonly own: Readonly<Record<string, unknown>>;
}

/** The checkpoints of a run. */
export interface CheckpointStatus {
  readonly count: number;
  readonly lastAtMs: number | undefined;
  readonly lastPauseMs: number;
  readonly lastDurationMs: number;
  readonly longestPauseMs: number;
  readonly store: Readonly<Record<string, number | string>>;
}

/** Everything a pipeline tells of itself at one moment: what `/status`, `/metrics`, the progress line and the logs show. */
export interface JobStatus {
  readonly state: JobState;
  /** Wall time at which the status was read, in ms: with it, moments are told as so many seconds ago. */
  readonly atMs?: number | undefined;
  readonly elapsedMs: number;
  readonly error: string | undefined;
  readonly sources: readonly SourceStatus[];
  readonly steps: readonly StepStatus[];
  readonly checkpoints: CheckpointStatus | undefined;
}
