import { type KafkaClient, nameOf, type TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import { GroupMember } from "../connectors/kafka/group/group-member.ts";
import { openClient } from "../connectors/kafka/kafka-options.ts";
import type { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { MillraceError, reasonOf } from "../core/errors.ts";
import { type Random, systemRandom } from "../core/random.ts";
import { type Logger, silentLogger } from "../observe/log.ts";
import type { JobStatus } from "../observe/status.ts";
import type { Plan } from "../plan/plan.ts";
import type { JobOptions } from "../runtime/job.ts";
import { Outcome } from "../runtime/outcome.ts";
import type { RunningPipeline } from "../runtime/running-pipeline.ts";
import { EndWatch } from "./end-watch.ts";
import type { GroupSettings } from "./group-settings.ts";
import { MemberTasks } from "./member-tasks.ts";
import { Topology } from "./topology.ts";
import { TroubleLog } from "./trouble-log.ts";

/** What a run of a pipeline in a group is made from. */
export interface GroupRunOptions {
  readonly plan: Plan;
  readonly source: KafkaSource;
  readonly settings: GroupSettings;
  readonly job: JobOptions;
}

/** How long a rebalance waits for members that still have something to finish. */
const rebalanceTimeoutMs = 60_000;
/** How often the leader of the group looks whether topics have grown. */
const lookMs = 5_000;

/**
 * One member of a group that runs a pipeline together: it joins, does the work on the partitions it is given, and leaves
 * when it is stopped, or when everything has been read to the ends that a bounded source had when this member started.
 */
export class GroupRun implements RunningPipeline {
  readonly #outcome: Outcome;
  readonly #options: GroupRunOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #client: KafkaClient;
  readonly #over = Promise.withResolvers<void>();
  readonly #startedAt: number;
  #tasks: MemberTasks | undefined;
  #state: JobStatus["state"] = "starting";
  #error: MillraceError | undefined;
  #elapsedMs: number | undefined;

  constructor(options: GroupRunOptions) {
    this.#options = options;
    this.#clock = options.job.clock ?? systemClock;
    this.#random = options.job.random ?? systemRandom();
    this.#logger = options.job.logger ?? silentLogger;
    this.#startedAt = this.#clock.monotonic();
    this.#client = openClient(options.source.cluster, this.#clock);
    this.#over.promise.catch(() => {});
    this.#outcome = new Outcome(this.#run(), options.job.onUnheeded);
  }

  get done(): Promise<JobStatus> {
    return this.#outcome.done;
  }

  onOver(then: () => void): void {
    this.#outcome.onOver(then);
  }

  stop(): void {
    if (this.#state === "starting" || this.#state === "running") this.#state = "draining";
    this.#over.resolve();
  }

  status(): JobStatus {
    const own = this.#tasks?.status();
    return {
      state: this.#state === "running" ? (own?.state ?? "running") : this.#state,
      atMs: this.#clock.now(),
      elapsedMs: this.#elapsedMs ?? this.#clock.monotonic() - this.#startedAt,
      error: this.#error?.message,
      sources: own?.sources ?? [],
      steps: own?.steps ?? [],
      checkpoints: own?.checkpoints,
    };
  }

  async #run(): Promise<JobStatus> {
    // The caller gets the run before anything of it happens.
    await Promise.resolve();
    try {
      await this.#take();
      this.#state = "finished";
    } catch (thrown) {
      this.#error = thrown instanceof MillraceError ? thrown : unreachable(thrown);
      this.#state = "failed";
    }
    await this.#client.close();
    this.#elapsedMs = this.#clock.monotonic() - this.#startedAt;
    if (this.#error !== undefined) throw this.#error;
    return this.status();
  }

  /** Takes part in the group, until there is nothing more to do. */
  async #take(): Promise<void> {
    const found = await Promise.race([this.#lookAround(), this.#over.promise]);
    // Stopped before it could begin.
    if (found === undefined) return;
    const { topology, watch } = found;
    const member = this.#member(topology, watch);
    this.#tasks = new MemberTasks({
      ...this.#options,
      topology,
      member,
      ends: watch?.ends,
      clock: this.#clock,
      random: this.#random,
      logger: this.#logger,
      onFailed: (thrown) => this.#over.reject(thrown),
      onIdle: () => {
        const onThrough = () => this.#over.resolve();
        watch?.look(onThrough, (places) => this.#tasks!.again(places));
      },
    });
    if (this.#state === "starting") this.#state = "running";
    member.run().catch((thrown: unknown) => this.#over.reject(thrown));
    try {
      await this.#over.promise;
      await this.#tasks.stopAll();
    } catch (thrown) {
      await this.#tasks.abandonAll();
      throw thrown;
    } finally {
      watch?.close();
      await member.close();
    }
  }

  /** What it has to know before it joins. */
  async #lookAround(): Promise<{ readonly topology: Topology; readonly watch: EndWatch | undefined }> {
    const { plan, source, settings } = this.#options;
    const context = { client: this.#client, clock: this.#clock, random: this.#random };
    const tell = (message: string) => this.#logger.warn(message);
    const topology = await Topology.open(context, plan, source, settings, tell);
    return { topology, watch: await EndWatch.open(context, topology, source, settings) };
  }

  #member(topology: Topology, watch: EndWatch | undefined): GroupMember {
    const { settings } = this.#options;
    const names = (places: readonly TopicPartition[]) => places.map(nameOf).sort().join(", ");
    return new GroupMember({
      client: this.#client,
      clock: this.#clock,
      random: this.#random,
      groupId: settings.group,
      instanceId: settings.instanceId,
      partitions: () => topology.partitions(),
      sessionTimeoutMs: settings.sessionTimeoutMs,
      rebalanceTimeoutMs,
      lookMs,
      onAssigned: async (places) => {
        this.#logger.info(`partitions assigned: ${names(places)}`);
        if (await watch?.isThrough()) return this.#over.resolve();
        this.#tasks!.start(places);
      },
      onRevoked: async (places) => {
        this.#logger.info(`partitions given up: ${names(places)}`);
        await this.#tasks!.stop(places);
      },
      onLost: async (places) => {
        this.#logger.warn(`partitions lost: the group took this member for dead: ${names(places)}`);
        await this.#tasks!.abandon(places);
      },
      onTrouble: new TroubleLog(this.#logger, this.#clock).note,
    });
  }
}

function unreachable(thrown: unknown): MillraceError {
  return new MillraceError("ML3001", { message: `Kafka cannot be read: ${reasonOf(thrown)}`, cause: thrown });
}
