import { type CommittedOffset, nameOf, type TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import { Coordinator } from "../connectors/kafka/coordinator.ts";
import type { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import { retrying } from "../connectors/kafka/retrying.ts";
import type { OwnTopicContext } from "../connectors/kafka/task/ensure-topics.ts";
import { endedMetadata } from "../connectors/kafka/task/kafka-checkpoints.ts";
import type { Timer } from "../core/clock.ts";
import type { GroupSettings } from "./group-settings.ts";
import type { Topology } from "./topology.ts";

const lookEveryMs = 200;
const patienceMs = 60_000;

/**
 * Tells a member of a bounded run when all is done, by whomever: when every source partition is committed up to the end it had
 * as this member started, every exchange up to its end now, and each by a task that had ended.
 */
export class EndWatch {
  /** By source partition: its end when this member started. */
  readonly ends: ReadonlyMap<string, number>;
  readonly #context: OwnTopicContext;
  readonly #topology: Topology;
  readonly #group: string;
  readonly #coordinator: Coordinator;
  #timer: Timer | undefined;
  #closed = false;

  private constructor(context: OwnTopicContext, topology: Topology, group: string, ends: ReadonlyMap<string, number>) {
    this.#context = context;
    this.#topology = topology;
    this.#group = group;
    this.ends = ends;
    this.#coordinator = new Coordinator(context.client, "group", group);
  }

  /** Undefined for a source that goes on for ever. */
  static async open(
    context: OwnTopicContext,
    topology: Topology,
    source: KafkaSource,
    { group }: GroupSettings,
  ): Promise<EndWatch | undefined> {
    if (!source.settings.untilEnd) return undefined;
    const { client, clock, random } = context;
    // The end of all records: those of a transaction whose outcome is still being written count.
    const ask = () => client.offsets(topology.sourcePlaces, "latest", false);
    return new EndWatch(context, topology, group, await retrying(ask, { clock, random, patienceMs }));
  }

  /** Looks now and then, and calls `onThrough` once all is done. Looks already under way go on. */
  look(onThrough: () => void): void {
    if (this.#timer !== undefined || this.#closed) return;
    const again = async () => {
      const isThrough = await this.isThrough();
      if (this.#closed) return;
      if (isThrough) onThrough();
      else this.#timer = this.#context.clock.timer(lookEveryMs, again);
    };
    this.#timer = this.#context.clock.timer(0, again);
  }

  /** Whether nobody in the group has anything left to do. Where that cannot be learnt just now, somebody has. */
  isThrough(): Promise<boolean> {
    return this.#isThrough().catch(() => false);
  }

  async #isThrough(): Promise<boolean> {
    const { client } = this.#context;
    const sources = this.#topology.sourcePlaces;
    const exchanges = this.#topology.exchangePlaces();
    const committed = await this.#committed([...sources, ...exchanges]);
    const isDone = (place: TopicPartition, end: number) => {
      const mark = committed.get(nameOf(place));
      return mark !== undefined && mark.metadata === endedMetadata && mark.offset >= end;
    };
    if (!sources.every((place) => isDone(place, this.ends.get(nameOf(place)) ?? 0))) return false;
    const latest = await client.offsets(exchanges, "latest", false);
    return exchanges.every((place) => isDone(place, latest.get(nameOf(place)) ?? 0));
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** Once: while a transaction holds an offset back, its partition is not done. */
  #committed(places: readonly TopicPartition[]): Promise<ReadonlyMap<string, CommittedOffset>> {
    return this.#coordinator.once((node) => this.#context.client.committed(node, this.#group, places));
  }
}
