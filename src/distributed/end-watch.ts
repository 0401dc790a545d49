import { type CommittedOffset, nameOf, type TopicPartition } from "../connectors/kafka/client/kafka-client.ts";
import { Coordinator } from "../connectors/kafka/coordinator.ts";
import type { KafkaSource } from "../connectors/kafka/kafka-source.ts";
import type { TopicContext } from "../connectors/kafka/made-topic.ts";
import { retrying } from "../connectors/kafka/retrying.ts";
import { endedMetadata } from "../connectors/kafka/task/kafka-checkpoints.ts";
import type { Timer } from "../core/clock.ts";
import type { GroupSettings } from "./group-settings.ts";
import type { Topology } from "./topology.ts";

/** The first looks follow one another sooner: a transaction just committed is seen some milliseconds later. */
const [lookFirstMs, lookEveryMs] = [10, 200];
const patienceMs = 60_000;

/**
 * Tells a member of a bounded run when all is done, by whomever: when every source partition is committed up to the end it had
 * as this member started, every exchange up to its end now, and each by a task that had ended.
 */
export class EndWatch {
  /** By source partition: its end when this member started. */
  readonly ends: ReadonlyMap<string, number>;
  readonly #context: TopicContext;
  readonly #topology: Topology;
  readonly #group: string;
  readonly #coordinator: Coordinator;
  #timer: Timer | undefined;
  #closed = false;

  private constructor(context: TopicContext, topology: Topology, group: string, ends: ReadonlyMap<string, number>) {
    this.#context = context;
    this.#topology = topology;
    this.#group = group;
    this.ends = ends;
    this.#coordinator = new Coordinator(context.client, "group", group);
  }

  /** Undefined for a source that goes on for ever. */
  static async open(
    context: TopicContext,
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

  /**
   * Looks now and then, and calls `onThrough` once all is done. `onMore` gets what an ended task left off at and what has got
   * more since: a task before the exchange that begins again, where others take its partition over, tells once more that it
   * has ended. Looks already under way go on.
   */
  look(onThrough: () => void, onMore: (places: readonly TopicPartition[]) => void): void {
    if (this.#timer !== undefined || this.#closed) return;
    let pauseMs = lookFirstMs;
    const again = async () => {
      const left = await this.#left().catch(() => undefined);
      if (this.#closed) return;
      if (left?.open === 0 && left.resumed.length === 0) return onThrough();
      if (left !== undefined && left.resumed.length > 0) onMore(left.resumed);
      this.#timer = this.#context.clock.timer(pauseMs, again);
      pauseMs = Math.min(2 * pauseMs, lookEveryMs);
    };
    this.#timer = this.#context.clock.timer(0, again);
  }

  /** Whether nobody in the group has anything left to do. Where that cannot be learnt just now, somebody has. */
  async isThrough(): Promise<boolean> {
    const left = await this.#left().catch(() => undefined);
    return left?.open === 0 && left.resumed.length === 0;
  }

  /** How many partitions are not done, and of the exchanges which have got more since their task ended. */
  async #left(): Promise<{ readonly open: number; readonly resumed: readonly TopicPartition[] }> {
    const sources = this.#topology.sourcePlaces;
    const exchanges = this.#topology.exchangePlaces();
    const committed = await this.#committed([...sources, ...exchanges]);
    const latest = await this.#context.client.offsets(exchanges, "latest", false);
    const markOf = (place: TopicPartition) => {
      const mark = committed.get(nameOf(place));
      return mark?.metadata === endedMetadata ? mark.offset : undefined;
    };
    const open = [
      ...sources.filter((place) => (markOf(place) ?? -1) < (this.ends.get(nameOf(place)) ?? 0)),
      ...exchanges.filter((place) => markOf(place) === undefined),
    ];
    const resumed = exchanges.filter((place) => (markOf(place) ?? Infinity) < latest.get(nameOf(place))!);
    return { open: open.length, resumed };
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
