import { type Clock, sleep } from "../../core/clock.ts";
import type { Random } from "../../core/random.ts";
import { type FetchedPartition, type KafkaClient, nameOf, type TopicPartition } from "./client/kafka-client.ts";
import { KafkaFailure } from "./client/kafka-failure.ts";
import { FetchedPartitionQueue, type FetchedPiece, type PartitionFailure } from "./fetched-queue.ts";
import { TopicLeaders } from "./topic-leaders.ts";

/** How a fetcher is set. */
export interface FetcherOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  /** How much one fetch brings, and at most one partition of it. */
  readonly fetchBytes: number;
  /** How much may lie here that was fetched and not yet taken, a fetch under way counted in. At least two fetches. */
  readonly inFlightBytesMax: number;
  /** How long a broker that has nothing new keeps a fetch waiting. */
  readonly maxWaitMs: number;
  readonly committedOnly: boolean;
  /** Called when a broker does not answer or a partition has no leader: for people. The fetcher goes on trying. */
  readonly onTrouble: (failure: KafkaFailure) => void;
}

/** While a partition is left out whose records wait to be taken, a fetch for the others comes back this soon: it may be asked for again then. */
const busyWaitMs = 10;

/**
 * Reads partitions ahead, each at its own place. One loop a broker asks for those of its partitions that have room, so a
 * partition that is paused, or not taken from, holds up no other. Brokers that are away and leaders that move are tried
 * again until all is well.
 */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #queues = new Map<string, FetchedPartitionQueue>();
  readonly #loops = new Map<number, Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #leaders: TopicLeaders;
  /** By topic: the id it had first, to know one that was made again. */
  readonly #ids = new Map<string, string>();
  #changed = Promise.withResolvers<void>();
  #arrived = Promise.withResolvers<void>();
  #bytes = 0;
  #failure: KafkaFailure | undefined;

  readonly #release = (bytes: Buffer): void => this.#options.client.release(bytes);

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#leaders = new TopicLeaders({
      ...options,
      topics: () => [...this.#queues.values()].map(({ place }) => place.topic),
      onKnown: () => {
        for (const queue of this.#queues.values()) this.#checkTopic(queue);
        if (!this.#stopped.signal.aborted) this.#wake();
      },
      onFailure: (failure) => this.#fail(failure),
      signal: this.#stopped.signal,
    });
  }

  /** What lies here, in bytes, and what is being fetched. */
  get inFlightBytes(): number {
    return this.#bytes;
  }

  /** Whether `next` would resolve at once. */
  get ready(): boolean {
    return this.#failure !== undefined || this.#firstReady() !== undefined;
  }

  /** Reads a partition from `offset` on; one that is read already goes on from there. */
  add(place: TopicPartition, offset: number): void {
    this.remove(place);
    this.#queues.set(nameOf(place), new FetchedPartitionQueue(place, offset));
    this.#wake();
  }

  /** Reads a partition no more; what was fetched of it is forgotten, what is under way dropped when it comes. */
  remove(place: TopicPartition): void {
    const queue = this.#queues.get(nameOf(place));
    if (queue === undefined) return;
    this.#bytes -= queue.drop(this.#release);
    this.#queues.delete(nameOf(place));
    this.#wake();
  }

  /** A paused partition is neither fetched nor given; its memory is freed and fetched again on `resume`. */
  pause(place: TopicPartition): void {
    const queue = this.#queues.get(nameOf(place));
    if (queue === undefined) return;
    queue.paused = true;
    this.#bytes -= queue.drop(this.#release);
    this.#wake();
  }

  resume(place: TopicPartition): void {
    const queue = this.#queues.get(nameOf(place));
    if (queue === undefined) return;
    queue.paused = false;
    this.#wake();
  }

  /** The offset after the last record there is of a partition, as of the last fetch; undefined before the first. */
  endOffset(place: TopicPartition): number | undefined {
    return this.#queues.get(nameOf(place))?.endOffset;
  }

  /**
   * The next bytes of any partition, the one that waited longest first; what was taken before belongs to the caller. Or why
   * a partition cannot be read on (its offset is gone, its topic deleted): it stays so until it is added again or removed.
   * Rejects when nothing can be read at all: the brokers refuse us, or it was interrupted or closed.
   */
  async next(): Promise<FetchedPiece | PartitionFailure> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const queue = this.#firstReady();
      if (queue?.failure !== undefined) return { place: queue.place, failure: queue.failure };
      if (queue !== undefined) return this.#taken(queue);
      await this.#arrived.promise;
    }
  }

  /** What `next` gave is looked at no more: its memory may be used again. Need not be called. */
  release({ bytes }: FetchedPiece): void {
    this.#release(bytes);
  }

  /** Nobody waits for anything more: `next` rejects at once. (To race it against a promise that never settles would keep every piece.) */
  interrupt(): void {
    this.#fail(new KafkaFailure("CLIENT", "reading was given up", false));
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#fail(new KafkaFailure("CLIENT", "the fetcher is closed", false));
    this.#wake();
    await Promise.all(this.#loops.values());
  }

  #taken(queue: FetchedPartitionQueue): FetchedPiece {
    const piece = queue.take();
    this.#bytes -= piece.bytes.length;
    // Behind all others from now on.
    this.#queues.delete(nameOf(queue.place));
    this.#queues.set(nameOf(queue.place), queue);
    this.#wake();
    return piece;
  }

  #firstReady(): FetchedPartitionQueue | undefined {
    for (const queue of this.#queues.values()) if (queue.ready) return queue;
    return undefined;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    if (!this.#stopped.signal.aborted) this.#startLoops();
  }

  #fail(failure: KafkaFailure): void {
    this.#failure ??= failure;
    this.#arrive();
  }

  #arrive(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  #startLoops(): void {
    for (const queue of this.#queues.values()) {
      const leader = this.#leaders.of(queue.place);
      if (queue.failure !== undefined) continue;
      if (leader === undefined) this.#leaders.refresh();
      else if (!this.#loops.has(leader)) this.#loops.set(leader, this.#loop(leader));
    }
  }

  #checkTopic(queue: FetchedPartitionQueue): void {
    const { topic } = queue.place;
    if (this.#leaders.isGone(topic)) this.#failPart(queue, "UNKNOWN_TOPIC_OR_PARTITION", `topic ${topic} is gone`);
    const id = this.#leaders.topic(topic)?.id;
    if (id === undefined) return;
    const first = this.#ids.get(topic) ?? id;
    this.#ids.set(topic, first);
    if (first !== id) this.#failPart(queue, "UNKNOWN_TOPIC_ID", `topic ${topic} was deleted and made again`);
  }

  #failPart(queue: FetchedPartitionQueue, code: string, message: string): void {
    queue.failure = new KafkaFailure(code, message, false);
    this.#arrive();
  }

  async #loop(node: number): Promise<void> {
    const { clock, random, onTrouble } = this.#options;
    let pauseMs = 0;
    while (!this.#stopped.signal.aborted) {
      const changed = this.#changed.promise;
      const wanted = this.#wantedFrom(node);
      const fetched = wanted.length === 0 ? undefined : this.#fetch(node, wanted);
      // What came before is told of only now that more is asked for: whoever waits for it keeps this thread, and the node would have nothing to do.
      this.#arrive();
      if (fetched === undefined) {
        await changed;
        continue;
      }
      try {
        await fetched;
        pauseMs = 0;
      } catch (thrown) {
        this.#arrive();
        if (this.#stopped.signal.aborted) return;
        const failure = thrown as KafkaFailure;
        if (!failure.retryable) return this.#fail(failure);
        onTrouble(failure);
        this.#leaders.refresh();
        pauseMs = Math.min(Math.max(2 * pauseMs, 20), 1000);
        await sleep(clock, pauseMs * (0.5 + random.next() / 2), this.#stopped.signal);
      }
    }
  }

  /** Those of the node's partitions that have room, as many as may be fetched now; the one taken from last comes last. */
  #wantedFrom(node: number): FetchedPartitionQueue[] {
    const { fetchBytes, inFlightBytesMax } = this.#options;
    if (this.#bytes + fetchBytes > inFlightBytesMax) return [];
    return [...this.#queues.values()].filter((queue) => queue.wanted && this.#leaders.of(queue.place) === node);
  }

  async #fetch(node: number, wanted: readonly FetchedPartitionQueue[]): Promise<void> {
    const { client, fetchBytes, maxWaitMs, committedOnly } = this.#options;
    const asked = new Map<string, readonly [FetchedPartitionQueue, number]>();
    const partitions = wanted.map((queue) => {
      const topicId = this.#leaders.topic(queue.place.topic)!.id;
      asked.set(`${topicId}-${queue.place.partition}`, [queue, queue.begin()]);
      return { topicId, partition: queue.place.partition, offset: queue.nextOffset, bytesMax: fetchBytes };
    });
    const isOneLeftOut = [...this.#queues.values()].some((queue) => queue.ready && !wanted.includes(queue));
    this.#bytes += fetchBytes;
    try {
      const request = {
        maxWaitMs: isOneLeftOut ? busyWaitMs : maxWaitMs,
        bytesMax: fetchBytes,
        committedOnly,
        partitions,
      };
      const failures: KafkaFailure[] = [];
      for (const part of await client.fetch(node, request)) {
        const [queue, ticket] = asked.get(`${part.topicId}-${part.partition}`) ?? [];
        const isExpected = queue?.expects(ticket!) ?? false;
        if (!isExpected) this.#release(part.bytes);
        const failure = isExpected ? this.#take(queue!, part) : undefined;
        if (failure !== undefined) failures.push(failure);
      }
      // Only once all parts are taken, so that one partition's trouble costs the others no more than a pause.
      if (failures[0] !== undefined) throw failures[0];
    } finally {
      this.#bytes -= fetchBytes;
      for (const [queue, ticket] of asked.values()) queue.end(ticket);
      this.#wake();
    }
  }

  /** Gives what may pass by itself, such as a leader that moved. */
  #take(queue: FetchedPartitionQueue, part: FetchedPartition): KafkaFailure | undefined {
    const { committedOnly } = this.#options;
    if (part.error !== undefined) {
      const message = `partition ${nameOf(queue.place)} cannot be fetched at offset ${queue.nextOffset}`;
      if (!finalErrors.has(part.error)) return new KafkaFailure(part.error, message, true);
      this.#failPart(queue, part.error, message);
      return undefined;
    }
    queue.endOffset = committedOnly ? part.stableOffset : part.endOffset;
    if (part.bytes.length === 0) return undefined;
    const held = queue.put(part.bytes, committedOnly ? part.aborted : undefined);
    if (held === 0) this.#release(part.bytes);
    this.#bytes += held;
    return undefined;
  }
}

/** What no waiting mends. */
const finalErrors = new Set(["OFFSET_OUT_OF_RANGE", "TOPIC_AUTHORIZATION_FAILED", "UNSUPPORTED_COMPRESSION_TYPE"]);
