import { type Clock, sleep } from "../../core/clock.ts";
import { type KafkaClient, nameOf, type TopicInfo, type TopicPartition } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";

/** What is needed to keep track of who leads what. */
export interface TopicLeadersOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  /** The topics that matter just now. */
  readonly topics: () => readonly string[];
  /** Called after each answer, and after each failed attempt. */
  readonly onKnown: () => void;
  /** Called with what is worth no other attempt. */
  readonly onFailure: (failure: KafkaFailure) => void;
  readonly onTrouble: (failure: KafkaFailure) => void;
  readonly signal: AbortSignal;
}

/** A topic that is missing for longer was deleted; one just made may be unknown to some brokers for a moment. */
const missingMsMax = 5000;
/** Between two questions while something has no leader: a topic just made has one in a moment, a broker that is gone takes longer. */
const firstPauseMs = 10;
const pauseMsMax = 100;

/** Which node leads which partition, as far as is known. Whoever misses a leader, or finds that one has moved, asks for a `refresh`. */
export class TopicLeaders {
  readonly #options: TopicLeadersOptions;
  #known: ReadonlyMap<string, TopicInfo> = new Map();
  /** By topic: since when answers have come without it. */
  readonly #missingSince = new Map<string, number>();
  #asking: Promise<void> | undefined;
  #pauseMs = firstPauseMs;

  constructor(options: TopicLeadersOptions) {
    this.#options = options;
  }

  /** The node that leads a partition; undefined while none does, or it is not known. */
  of({ topic, partition }: TopicPartition): number | undefined {
    const leader = this.#known.get(topic)?.leaders[partition];
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  topic(name: string): TopicInfo | undefined {
    return this.#known.get(name);
  }

  /** Whether the cluster has gone on answering that there is no such topic: not while it does not answer at all. */
  isGone(name: string): boolean {
    const since = this.#missingSince.get(name);
    return since !== undefined && this.#options.clock.monotonic() - since >= missingMsMax;
  }

  /** Asks the cluster; one question at a time, and not again at once while the answer is incomplete. */
  refresh(): void {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      this.#options.onKnown();
    });
  }

  async #ask(): Promise<void> {
    const { client, clock, topics, onFailure, onTrouble, signal } = this.#options;
    try {
      const asked = [...new Set(topics())];
      this.#known = await client.topics(asked);
      this.#noteMissing(asked);
      const leaderless = this.#leaderless(topics());
      if (leaderless === undefined) {
        this.#pauseMs = firstPauseMs;
        return;
      }
      onTrouble(new KafkaFailure("LEADER_NOT_AVAILABLE", `${leaderless} has no leader just now`, true));
    } catch (thrown) {
      const failure = thrown as KafkaFailure;
      this.#missingSince.clear();
      if (!failure.retryable) return onFailure(failure);
      onTrouble(failure);
    }
    await sleep(clock, this.#pauseMs, signal);
    this.#pauseMs = Math.min(2 * this.#pauseMs, pauseMsMax);
  }

  #noteMissing(asked: readonly string[]): void {
    const now = this.#options.clock.monotonic();
    for (const name of asked) {
      if (this.#known.has(name)) this.#missingSince.delete(name);
      else if (!this.#missingSince.has(name)) this.#missingSince.set(name, now);
    }
  }

  #leaderless(names: readonly string[]): string | undefined {
    for (const topic of names) {
      const info = this.#known.get(topic);
      if (info === undefined) return `topic ${topic}`;
      const partition = info.leaders.findIndex((leader) => leader < 0);
      if (partition >= 0) return nameOf({ topic, partition });
    }
    return undefined;
  }
}
