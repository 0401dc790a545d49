import { nameOf, type TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import type { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import type { TopicContext } from "../connectors/kafka/made-topic.ts";
import { openPatience } from "../connectors/kafka/open-patience.ts";
import { retrying } from "../connectors/kafka/retrying.ts";
import { ensureChangelog, ensureExchange } from "../connectors/kafka/task/ensure-topics.ts";
import { MillraceError } from "../core/errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { GroupSettings } from "./group-settings.ts";
import type { Stage } from "./stage.ts";
import { stagesOf } from "./stages.ts";
import { changelogTopic, exchangeTopic } from "./topic-names.ts";

/** What a task is told of the place it works in. */
export interface InputOfTask {
  readonly stage: Stage;
  readonly place: TopicPartition;
  /** The topic that keeps the stage's state, if it has any. */
  readonly changelog: string | undefined;
}

/**
 * Which stage reads which topic, and how many partitions there are to share: the group's map, which every member draws the
 * same way. The source's topics may grow while it runs; a group's own topics keep the partitions they were made with, but
 * for changelogs, which grow with what they belong to.
 */
export class Topology {
  readonly stages: readonly Stage[];
  readonly #context: TopicContext;
  readonly #source: KafkaSource;
  readonly #settings: GroupSettings;
  /** By exchange id: how many partitions its topic has. */
  readonly #exchanges = new Map<string, number>();
  /** Of all source topics, as of the last look. */
  #sourcePlaces: readonly TopicPartition[];

  private constructor(
    context: TopicContext,
    plan: Plan,
    source: KafkaSource,
    settings: GroupSettings,
    sourcePlaces: readonly TopicPartition[],
  ) {
    this.#context = context;
    this.#source = source;
    this.#settings = settings;
    this.#sourcePlaces = sourcePlaces;
    this.stages = stagesOf(plan, sourcePlaces.length);
  }

  /**
   * Looks at the source's topics and makes the group's own where they are missing. A cluster that is away, or does not know a
   * topic just made, is waited for as a source on its own does; `tell` takes what for. Rejects with what stands in the way.
   */
  static async open(
    context: TopicContext,
    plan: Plan,
    source: KafkaSource,
    settings: GroupSettings,
    tell: (message: string) => void,
  ): Promise<Topology> {
    const found = await retrying(() => source.partitions(context.client), openPatience({ ...context, tell }));
    const topology = new Topology(context, plan, source, settings, found);
    await topology.#makeTopics();
    return topology;
  }

  get sourcePlaces(): readonly TopicPartition[] {
    return this.#sourcePlaces;
  }

  /** All partitions that the members share, as they are just now. Rejects when the source has grown in a way that cannot be followed. */
  async partitions(): Promise<readonly TopicPartition[]> {
    const found = await this.#source.partitions(this.#context.client);
    if (found.length !== this.#sourcePlaces.length) {
      if (this.#sourcePlaces.length === 1) this.#refuseGrowth(found.length);
      this.#sourcePlaces = found;
      await this.#makeTopics();
    }
    return [...found, ...this.exchangePlaces()];
  }

  /** The partitions of the topics between stages. */
  exchangePlaces(): TopicPartition[] {
    return [...this.#exchanges].flatMap(([id, partitions]) => {
      const topic = exchangeTopic(this.#settings.group, id);
      return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    });
  }

  /** What is to be done with a partition. */
  inputOf(place: TopicPartition): InputOfTask {
    const exchange = [...this.#exchanges.keys()].find((id) => this.exchange(id).topic === place.topic);
    const stage = this.stages.find(({ input }) =>
      exchange === undefined ? input.kind === "source" : input.kind === "exchange" && input.id === exchange,
    );
    if (stage === undefined) throw new Error(`no stage reads ${nameOf(place)}`);
    const changelog = stage.stateful ? changelogTopic(this.#settings.group, place.topic) : undefined;
    return { stage, place, changelog };
  }

  exchange(id: string): { readonly topic: string; readonly partitions: number } {
    return { topic: exchangeTopic(this.#settings.group, id), partitions: this.#exchanges.get(id) ?? 0 };
  }

  /** How many partitions a stage's input has just now: as many tasks report event time to the stage behind it. */
  sendersOf(stage: Stage): number {
    return stage.input.kind === "source" ? this.#sourcePlaces.length : this.exchange(stage.input.id).partitions;
  }

  async #makeTopics(): Promise<void> {
    const { group, replicas } = this.#settings;
    for (const { input } of this.stages) {
      if (input.kind !== "exchange" || this.#exchanges.has(input.id)) continue;
      const topic = exchangeTopic(group, input.id);
      const partitions = this.#sourcePlaces.length;
      this.#exchanges.set(input.id, await ensureExchange(this.#context, { topic, partitions, replicas }));
    }
    const inputs = [...this.#sourcePlaces, ...this.exchangePlaces()];
    for (const places of Map.groupBy(inputs, (place) => place.topic).values()) {
      const { changelog } = this.inputOf(places[0]!);
      if (changelog === undefined) continue;
      await ensureChangelog(this.#context, { topic: changelog, partitions: places.length, replicas });
    }
  }

  #refuseGrowth(partitions: number): never {
    throw new MillraceError("ML3002", {
      message:
        `the source has grown from 1 partition to ${partitions}: what is kept of one cannot be spread over several; ` +
        "let the group finish what is there (untilEnd), and go on with a group of another name",
    });
  }
}
