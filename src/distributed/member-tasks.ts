import { nameOf, type TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import type { GroupMember } from "../connectors/kafka/group/group-member.ts";
import type { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { LogFields, Logger } from "../observe/log.ts";
import { mergedStatus } from "../observe/merged-status.ts";
import type { JobStatus } from "../observe/status.ts";
import type { JobOptions } from "../runtime/job.ts";
import type { GroupSettings } from "./group-settings.ts";
import { GroupTask } from "./group-task.ts";
import { pastStatus } from "./past-status.ts";
import type { Topology } from "./topology.ts";

/** What the tasks of a member need. */
export interface MemberTasksOptions {
  readonly topology: Topology;
  readonly source: KafkaSource;
  readonly settings: GroupSettings;
  readonly member: GroupMember;
  readonly ends: ReadonlyMap<string, number> | undefined;
  readonly job: JobOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called when one of them cannot go on. */
  readonly onFailed: (thrown: unknown) => void;
  /** Called whenever none of them works any more: all have ended, or there are none. */
  readonly onIdle: () => void;
}

/** What is seen of a task here. */
export type MemberTask = Pick<GroupTask, "name" | "ended" | "start" | "stop" | "abandon" | "status">;

/** Makes the task on a partition; `onEnded` is to be called when it has come to the end of its input. */
export type NewTask = (place: TopicPartition, fetchBytes: number, onEnded: () => void) => MemberTask;

/** How much all fetches of a member may bring at once, and bounds of what one brings. */
const fetchBudgetBytes = 24 * 1024 * 1024;
const fetchBytesMax = 4 * 1024 * 1024;
const fetchBytesMin = 256 * 1024;
/** What each task may have in memory: one being worked on, one fetched, one on its way. */
const fetchesPerTask = 3;

/** The tasks of one member, by partition. */
export class MemberTasks {
  readonly #options: MemberTasksOptions;
  readonly #newTask: NewTask;
  readonly #tasks = new Map<string, MemberTask>();
  /** The member leaves the group: what it is still given meanwhile is the next one's. */
  #isClosed = false;
  /** What tasks did that this member no longer has. */
  #past: JobStatus | undefined;

  constructor(options: MemberTasksOptions, newTask: NewTask = groupTasks(options)) {
    this.#options = options;
    this.#newTask = newTask;
  }

  /** Not any more once all were stopped or abandoned. */
  start(places: readonly TopicPartition[]): void {
    if (this.#isClosed) return;
    const count = this.#tasks.size + places.length;
    const share = Math.floor(fetchBudgetBytes / (fetchesPerTask * Math.max(count, 1)));
    const fetchBytes = Math.min(Math.max(share, fetchBytesMin), fetchBytesMax);
    for (const place of places) this.#tasks.set(nameOf(place), this.#taskOn(place, fetchBytes));
    for (const place of places) this.#tasks.get(nameOf(place))!.start();
    this.#checkIdle();
  }

  /** Begins anew on those of these whose task has ended: their input goes on after all. */
  again(places: readonly TopicPartition[]): void {
    const ended = places.filter((place) => this.#tasks.get(nameOf(place))?.ended);
    for (const place of ended) this.#forget(this.#tasks.get(nameOf(place))!);
    if (ended.length > 0) this.start(ended);
  }

  /** Finishes what these have read; resolves when others may have them. */
  async stop(places: readonly TopicPartition[]): Promise<void> {
    await this.#end(places.map(nameOf), (task) => task.stop());
  }

  async abandon(places: readonly TopicPartition[]): Promise<void> {
    await this.#end(places.map(nameOf), (task) => task.abandon());
  }

  stopAll(): Promise<void> {
    this.#isClosed = true;
    return this.#end([...this.#tasks.keys()], (task) => task.stop());
  }

  abandonAll(): Promise<void> {
    this.#isClosed = true;
    return this.#end([...this.#tasks.keys()], (task) => task.abandon());
  }

  /** Of all that this member does and did; undefined while there was nothing. */
  status(): JobStatus | undefined {
    const running = [...this.#tasks.values()].map((task) => task.status()).filter((status) => status !== undefined);
    const all = this.#past === undefined ? running : [...running, this.#past];
    return all.length === 0 ? undefined : mergedStatus(all.map(withoutExchanges));
  }

  async #end(names: readonly string[], end: (task: MemberTask) => Promise<void>): Promise<void> {
    const tasks = names.map((name) => this.#tasks.get(name)).filter((task) => task !== undefined);
    await Promise.all(tasks.map(end));
    for (const task of tasks) if (this.#tasks.get(task.name) === task) this.#forget(task);
    this.#checkIdle();
  }

  #forget(task: MemberTask): void {
    this.#tasks.delete(task.name);
    const status = task.status();
    if (status !== undefined) this.#past = pastStatus(this.#past, status);
  }

  #taskOn(place: TopicPartition, fetchBytes: number): MemberTask {
    return this.#newTask(place, fetchBytes, () => this.#checkIdle());
  }

  #checkIdle(): void {
    if ([...this.#tasks.values()].every((task) => task.ended)) this.#options.onIdle();
  }
}

function groupTasks(options: MemberTasksOptions): NewTask {
  const { topology, source, settings, member, ends, clock, random, logger, job, onFailed } = options;
  return (place, fetchBytes, onEnded) => {
    const own = withFields(logger, { task: nameOf(place) });
    const input = topology.inputOf(place);
    return new GroupTask({
      setup: { input, topology, source, settings, ends, fetchBytes, clock, random, logger: own },
      job: { ...job, logger: own },
      isOurs: () => member.holds(place),
      onFailed,
      onEnded,
    });
  };
}

/** Records that cross from stage to stage were counted once, where they came in: the engine's own sources have a colon in their ids. */
function withoutExchanges(status: JobStatus): JobStatus {
  return { ...status, sources: status.sources.filter(({ id }) => !id.includes(":")) };
}

/** The same logger, with fields in every line. */
function withFields(logger: Logger, own: LogFields): Logger {
  return {
    debug: (message, fields) => logger.debug(message, { ...own, ...fields }),
    info: (message, fields) => logger.info(message, { ...own, ...fields }),
    warn: (message, fields) => logger.warn(message, { ...own, ...fields }),
    error: (message, fields) => logger.error(message, { ...own, ...fields }),
  };
}
