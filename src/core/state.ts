/** Where changes of state go: a segment file or a compacted Kafka topic. `key` is unique within the store. */
export interface ChangeLog {
  /** From now on `key` has `value`. The log copies the bytes. */
  put(key: string, value: Uint8Array): void;
  /** From now on `key` is gone. */
  delete(key: string): void;
}

/**
 * A part of a step's state that survives a crash. The engine never copies the whole of it at once: it asks for what
 * changed, and when its log has grown long, for all entries, a few at a time between batches.
 *
 * - `collect` is called between records, once a checkpoint, and must be quick: cost follows what changed. After it,
 *   the changes count as written. A key that came and went since the call before must still be logged as deleted if
 *   `entries` may have shown it in between.
 * - `entries` is iterated slowly while records go on changing the store. Each entry must be as it is at the moment it is
 *   yielded, and the iteration must end however fast keys come; keys added, changed or deleted after the iteration began may be yielded or not, since `collect` has them too.
 * - `apply` gets every change back on an empty store, in the order written, `value` undefined for a deletion.
 *   The same key may come many times. Bytes are valid during the call only.
 * - `restored` is called once after the last `apply`, also when there was none.
 *
 * The usual mistake: a change that `collect` does not see, such as one made through a reference kept by the caller.
 */
export interface Stateful {
  collect(log: ChangeLog): void;
  entries(): Iterable<readonly [key: string, value: Uint8Array]>;
  apply(key: string, value: Uint8Array | undefined): void;
  restored?(): void;
  /** Called once, before the first record, in a run that takes no checkpoints: changes need not be remembered, and must not pile up. */
  unwatched?(): void;
  /** Called, between records, when a checkpoint that has everything up to the last `collect` is durable. Never without checkpoints. */
  committed?(): void;
  /** Whether it waits for `committed`: a checkpoint is then taken even though no record has come since the last. */
  readonly awaitsCommit?: boolean;
}

/** One consistent cut through a running pipeline. Plain data, JSON but for `changes`. */
export interface Checkpoint {
  /** Counts up by one from 1. */
  readonly id: number;
  /** By source step id, then partition name: where to read on. */
  readonly sources: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** By sink step id: what its writer's `prepare` returned. */
  readonly sinks: Readonly<Record<string, unknown>>;
  /** By step id: the version of its state's layout, so that a changed plan is refused by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Taken after the end of the input went through all steps: nothing of this run comes after it. */
  readonly ended?: boolean;
}

/** The changes of one store since the checkpoint before. `store` is `"<step id>/<name>"`. */
export interface StoreChanges {
  readonly store: string;
  /** Undefined value: deleted. */
  readonly changes: Iterable<readonly [key: string, value: Uint8Array | undefined]>;
}

/**
 * Where checkpoints are kept: a folder (embedded), or Kafka's transactions and changelog topics.
 *
 * `open` is called once, first; it takes whatever lock there is and returns the newest checkpoint that is whole, having
 * called `onChange` for every stored change of it, in order; undefined when there is none.
 * `cut` is called in the same turn as the sinks' `prepare`, before the stores are collected: for a store that what the
 * sinks write belongs to, so that it knows what is before the cut and what comes after. A cut whose sinks fail has no commit.
 * `commit` is atomic: after a crash at any moment either all of the checkpoint is found, or all of the one before.
 * Calls do not overlap. `stores` may still change while `commit` runs; the bytes in
 * `changes` are its own, which nobody changes any more.
 */
export interface CheckpointStore {
  open(onChange: (store: string, key: string, value: Uint8Array | undefined) => void): Promise<Checkpoint | undefined>;
  cut?(): void;
  commit(
    checkpoint: Checkpoint,
    changes: readonly StoreChanges[],
    stores: ReadonlyMap<string, Stateful>,
  ): Promise<void>;
  close(): Promise<void>;
  /** For people and metrics: bytes on disk, last commit's size and duration. */
  status?(): Record<string, number | string>;
}
