import type { Clock } from "../../../core/clock.ts";
import { MillraceError, reasonOf } from "../../../core/errors.ts";
import type { Random } from "../../../core/random.ts";
import type { Checkpoint, CheckpointStore, StoreChanges } from "../../../core/state.ts";
import { type CommittedOffset, type KafkaClient, nameOf, type TopicPartition } from "../client/kafka-client.ts";
import type { KafkaFailure } from "../client/kafka-failure.ts";
import { Coordinator } from "../coordinator.ts";
import { retrying } from "../retrying.ts";
import type { OnChange } from "./changelog-replay.ts";
import { ChangelogWriter } from "./changelog-writer.ts";
import {
  type CheckpointRecord,
  checkpointEntry,
  checkpointStore,
  decodeCheckpoint,
  encodeCheckpoint,
} from "./checkpoint-record.ts";
import { type Restored, type RestoreProgress, restoreChangelog } from "./restore-changelog.ts";
import type { TaskOutput } from "./task-output.ts";

/** How the checkpoints of one task are kept. */
export interface KafkaCheckpointsOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly output: TaskOutput;
  /** The partition that the task reads. */
  readonly input: TopicPartition;
  /** The id of the step that reads it, in the task's plan. */
  readonly sourceId: string;
  readonly group: string;
  /** The topic that keeps the stage's state, one partition for each of the input's; undefined for a stage that keeps none. */
  readonly changelog: string | undefined;
  /** Called now and then while state is restored, and at its end. */
  readonly onProgress?: ((progress: RestoreProgress) => void) | undefined;
  /** Called when a broker does not answer: for people. */
  readonly onTrouble: (failure: KafkaFailure) => void;
  /** Takes what a person should know. */
  readonly warn: (message: string) => void;
  /** Gives a restore up: `open` then rejects. */
  readonly signal?: AbortSignal | undefined;
}

/** What a group's offset has for metadata when the task has come to the end of its input. */
export const endedMetadata = "ended";
const patienceMs = 60_000;
/** How long it may write changes before it lets the pipeline have its turn. */
const turnMs = 5;

/**
 * Checkpoints of one task on Kafka: the changes in its partition of a compacted topic, the position as its group's committed
 * offset, both in the share of the output that holds what the sinks wrote.
 *
 * Where to go on: at the group's committed offset, which Kafka's own tools show and set; when the group has none any more, at
 * what the changelog says.
 */
export class KafkaCheckpoints implements CheckpointStore {
  readonly #options: KafkaCheckpointsOptions;
  readonly #place: TopicPartition;
  #writer: ChangelogWriter | undefined;
  #inputId = "";
  #restored: Restored | undefined;
  #progress: RestoreProgress | undefined;
  #last = { records: 0, bytes: 0, ms: 0 };

  constructor(options: KafkaCheckpointsOptions) {
    this.#options = options;
    this.#place = { topic: options.changelog ?? "", partition: options.input.partition };
  }

  async open(onChange: OnChange): Promise<Checkpoint | undefined> {
    try {
      return await this.#open(onChange);
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause;
      const message = `where ${nameOf(this.#options.input)} goes on could not be found out: ${reasonOf(cause)}`;
      throw new MillraceError("ML3001", { message, cause });
    }
  }

  async #open(onChange: OnChange): Promise<Checkpoint | undefined> {
    const { client, clock, random, input, changelog, output } = this.#options;
    const info = (await retrying(() => client.topics([input.topic]), { clock, random, patienceMs })).get(input.topic);
    if (info === undefined) throw unfit("ML3001", `there is no topic ${input.topic}`);
    this.#inputId = info.id;
    const committed = await this.#committed();
    if (changelog === undefined) return this.#resumed(committed, undefined);
    await output.partitionsOf(changelog);
    let kept: CheckpointRecord | undefined;
    const restored = await this.#restore((store, entry, value) => {
      if (store !== checkpointStore) onChange(store, entry, value);
      else kept = value === undefined ? undefined : decodeCheckpoint(value);
    });
    this.#restored = restored;
    this.#writer = new ChangelogWriter(this.#place, output, clock, restored.pieces);
    return this.#resumed(committed, kept);
  }

  cut(): void {
    this.#options.output.cut();
  }

  async commit(checkpoint: Checkpoint, changes: readonly StoreChanges[]): Promise<void> {
    const { clock, input, sourceId, output } = this.#options;
    const began = clock.monotonic();
    const writer = this.#writer;
    const before = { records: writer?.records ?? 0, bytes: writer?.bytes ?? 0 };
    const offset = checkpoint.sources[sourceId]?.[nameOf(input)];
    try {
      await this.#write(checkpoint, changes);
      const metadata = checkpoint.ended ? endedMetadata : undefined;
      await output.commit(offset === undefined ? [] : [{ ...input, offset: offset as number, metadata }]);
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause;
      const message = `the checkpoint of ${nameOf(input)} could not be committed: ${reasonOf(cause)}`;
      throw new MillraceError("ML5004", { message, cause });
    }
    const records = (writer?.records ?? 0) - before.records;
    const bytes = (writer?.bytes ?? 0) - before.bytes;
    this.#last = { records, bytes, ms: clock.monotonic() - began };
  }

  /** The output is its owner's to close. */
  async close(): Promise<void> {}

  status(): Record<string, number | string> {
    const { records = 0, bytes = 0, elapsedMs = 0, share = 1 } = { ...this.#progress, ...this.#restored };
    return {
      restoredShare: share,
      restoredRecords: records,
      restoredBytes: bytes,
      restoreMs: Math.round(elapsedMs),
      restoredRecordsPerSecond: elapsedMs > 0 ? Math.round((1000 * records) / elapsedMs) : 0,
      lastCommitRecords: this.#last.records,
      lastCommitBytes: this.#last.bytes,
      lastCommitMs: Math.round(this.#last.ms),
    };
  }

  /** The offsets of a transaction that is being committed are waited for. */
  async #committed(): Promise<CommittedOffset | undefined> {
    const { client, clock, random, group, input } = this.#options;
    const coordinator = new Coordinator(client, "group", group);
    const ask = (node: number) => client.committed(node, group, [input]);
    const patience = { clock, random, patienceMs, also: ["UNSTABLE_OFFSET_COMMIT"] };
    return (await coordinator.call(ask, patience)).get(nameOf(input));
  }

  #restore(onChange: OnChange): Promise<Restored> {
    const { onProgress } = this.#options;
    return restoreChangelog({
      ...this.#options,
      signal: this.#options.signal,
      place: this.#place,
      onChange,
      onProgress: (progress) => {
        this.#progress = progress;
        onProgress?.(progress);
      },
    });
  }

  /** What the engine goes on from. */
  #resumed(committed: CommittedOffset | undefined, kept: CheckpointRecord | undefined): Checkpoint | undefined {
    const { input, sourceId, changelog, group, warn, output } = this.#options;
    const name = nameOf(input);
    if (committed === undefined && kept === undefined) return undefined;
    if (kept !== undefined && kept.inputId !== this.#inputId) {
      throw unfit("ML3002", `topic ${input.topic} was deleted and made again since the state was written`);
    }
    if (committed !== undefined && changelog !== undefined && kept === undefined) {
      const message =
        `group ${group} has got to offset ${committed.offset} of ${name}, but ${changelog} holds no checkpoint: the state that ` +
        `belongs to it is gone. Put the topic back, or begin anew with another group, or by deleting the group's offsets ` +
        `(kafka-consumer-groups --delete-offsets --group ${group} --topic ${input.topic})`;
      throw unfit("ML5002", message);
    }
    const stored = kept?.checkpoint.sources[sourceId]?.[name] as number | undefined;
    const offset = committed?.offset ?? stored;
    if (output.guarantee === "exactly-once" && stored !== undefined && offset !== stored) {
      warn(
        `group ${group} goes on at offset ${offset} of ${name}, but its state is of offset ${stored}: was the offset reset?`,
      );
    }
    const sources = offset === undefined ? {} : { [sourceId]: { [name]: offset } };
    return {
      id: 0,
      sinks: {},
      versions: {},
      ...kept?.checkpoint,
      sources: { ...kept?.checkpoint.sources, ...sources },
    };
  }

  async #write(checkpoint: Checkpoint, changes: readonly StoreChanges[]): Promise<void> {
    const { output, input, clock } = this.#options;
    const writer = this.#writer;
    let turnedAt = clock.monotonic();
    for (const { store, changes: entries } of changes) {
      for (const [entry, value] of entries) {
        if (writer === undefined)
          throw unfit("ML1001", `"${store}" is kept by a stage of ${nameOf(input)} that has no changelog`);
        writer.write(store, entry, value);
        if (output.cutFull) await output.drainCut();
        if (clock.monotonic() - turnedAt < turnMs) continue;
        await clock.turn();
        turnedAt = clock.monotonic();
      }
    }
    writer?.write(checkpointStore, checkpointEntry, encodeCheckpoint({ checkpoint, inputId: this.#inputId }));
  }
}

function unfit(code: "ML1001" | "ML3001" | "ML3002" | "ML5002", message: string): MillraceError {
  return new MillraceError(code, { message });
}
