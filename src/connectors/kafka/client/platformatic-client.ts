import {
  createPartitionsV3,
  createTopicsV7,
  deleteRecordsV2,
  deleteTopicsV6,
  describeConfigsV4,
  findCoordinatorV4,
  listOffsetsV7,
  metadataV12,
} from "@platformatic/kafka";
import { type ConnectionSettings, Connections } from "./connections.ts";
import { check, errorName, failureOf, withPartErrors } from "./failures.ts";
import { fetchCall } from "./fetch-call.ts";
import { GroupCalls } from "./group-calls.ts";
import {
  type CommittedOffset,
  type FetchedPartition,
  type FetchRequest,
  type GroupMembership,
  type JoinedGroup,
  type JoinRequest,
  type KafkaClient,
  type NewTopic,
  nameOf,
  type OffsetAt,
  type PartitionOffset,
  type ProducedBatch,
  type ProducedPartition,
  type ProducerIdentity,
  type TopicInfo,
  type TopicPartition,
  type TransactionalProducer,
} from "./kafka-client.ts";
import { KafkaFailure } from "./kafka-failure.ts";
import type { Call, MakeCall } from "./make-call.ts";
import { produceCall } from "./produce-call.ts";
import { TransactionCalls } from "./transaction-calls.ts";

const everywhere = -1;
const topicResource = 2;
const coordinatorKinds = { group: 0, transaction: 1 } as const;
const timestamps = { earliest: -2n, latest: -1n } as const;

/** The calls of {@link KafkaClient} by the requests and answers of `@platformatic/kafka`, over connections of our own. */
export class PlatformaticClient implements KafkaClient {
  readonly #connections: Connections;
  readonly #groups: GroupCalls;
  readonly #transactions: TransactionCalls;

  constructor(settings: ConnectionSettings) {
    this.#connections = new Connections(settings);
    this.#groups = new GroupCalls(this.#call);
    this.#transactions = new TransactionCalls(this.#call);
  }

  async topics(names: readonly string[] | "all"): Promise<ReadonlyMap<string, TopicInfo>> {
    const wanted = names === "all" ? null : [...names];
    const response = await this.#call(undefined, "calls", partial(metadataV12.api), wanted, false, false);
    this.#connections.learn(response.brokers);
    const topics = new Map<string, TopicInfo>();
    for (const { errorCode, name, topicId, isInternal, partitions } of response.topics) {
      const isThere = errorName(errorCode) !== "UNKNOWN_TOPIC_OR_PARTITION";
      if (!isThere || !name || (isInternal && names === "all")) continue;
      check(errorCode, `topic ${name}`);
      const leaders: number[] = partitions.map(() => everywhere);
      for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId;
      topics.set(name, { name, id: topicId, leaders });
    }
    return topics;
  }

  async offsets(
    partitions: readonly TopicPartition[],
    at: OffsetAt,
    committedOnly: boolean,
  ): Promise<ReadonlyMap<string, number>> {
    const offsets = new Map<string, number>();
    const byLeader = Map.groupBy(partitions, await this.#leaderOf(partitions));
    const timestamp = typeof at === "number" ? BigInt(at) : timestamps[at];
    for (const [leader, led] of byLeader) {
      const topics = [...Map.groupBy(led, ({ topic }) => topic)].map(([name, parts]) => ({
        name,
        partitions: parts.map(({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp })),
      }));
      const response = await this.#call(leader, "calls", listOffsetsV7.api, everywhere, committedOnly ? 1 : 0, topics);
      for (const topic of response.topics) {
        for (const { partitionIndex, offset } of topic.partitions) {
          offsets.set(nameOf({ topic: topic.name, partition: partitionIndex }), Number(offset));
        }
      }
    }
    return this.#withEnds(offsets, partitions, committedOnly);
  }

  async fetch(node: number, request: FetchRequest): Promise<readonly FetchedPartition[]> {
    this.#connections.memory.expect(request.bytesMax);
    const parts = await this.#call(node, "fetch", fetchCall, request);
    this.#connections.memory.divide(parts.map(({ bytes }) => bytes));
    return parts;
  }

  release(bytes: Buffer): void {
    this.#connections.memory.release(bytes);
  }

  async produce(
    node: number,
    batches: readonly ProducedBatch[],
    transactionalId: string | undefined,
    timeoutMs: number,
  ): Promise<readonly ProducedPartition[]> {
    const request = { batches, transactionalId, timeoutMs };
    const response = await this.#call(node, "produce", partial(produceCall), request);
    return response.responses.flatMap(({ name, partitionResponses }) =>
      partitionResponses.map(({ index, errorCode, errorMessage, baseOffset }) => ({
        topic: name,
        partition: index,
        error: errorName(errorCode),
        message: errorMessage ?? undefined,
        baseOffset: Number(baseOffset),
      })),
    );
  }

  async createTopics(topics: readonly NewTopic[], timeoutMs: number): Promise<void> {
    const wanted = topics.map(({ name, partitions, replicas, settings }) => ({
      name,
      numPartitions: partitions,
      replicationFactor: replicas,
      assignments: [],
      configs: Object.entries(settings).map(([setting, value]) => ({ name: setting, value })),
    }));
    await this.#call(undefined, "calls", createTopicsV7.api, wanted, timeoutMs, false);
  }

  async growTopic(name: string, partitions: number, timeoutMs: number): Promise<void> {
    const topic = { name, count: partitions, assignments: null };
    await this.#call(undefined, "calls", createPartitionsV3.api, [topic], timeoutMs, false);
  }

  async deleteRecords(offsets: readonly PartitionOffset[], timeoutMs: number): Promise<void> {
    const byLeader = Map.groupBy(offsets, await this.#leaderOf(offsets));
    for (const [leader, led] of byLeader) {
      const topics = [...Map.groupBy(led, ({ topic }) => topic)].map(([name, parts]) => ({
        name,
        partitions: parts.map(({ partition, offset }) => ({ partitionIndex: partition, offset: BigInt(offset) })),
      }));
      await this.#call(leader, "calls", deleteRecordsV2.api, topics, timeoutMs);
    }
  }

  async deleteTopics(names: readonly string[], timeoutMs: number): Promise<void> {
    const topics = names.map((name) => ({ name }));
    await this.#call(undefined, "calls", deleteTopicsV6.api, topics, timeoutMs);
  }

  async topicSettings(name: string): Promise<ReadonlyMap<string, string>> {
    const resources = [{ resourceType: topicResource, resourceName: name }] as const;
    const response = await this.#call(undefined, "calls", describeConfigsV4.api, [...resources], false, false);
    const settings = response.results[0]?.configs ?? [];
    return new Map(settings.map((setting) => [setting.name, setting.value ?? ""]));
  }

  async coordinator(kind: "group" | "transaction", key: string): Promise<number> {
    const response = await this.#call(undefined, "calls", findCoordinatorV4.api, coordinatorKinds[kind], [key]);
    const [found] = response.coordinators;
    if (found === undefined) throw new KafkaFailure("COORDINATOR_NOT_AVAILABLE", `none for ${key}`, true);
    this.#connections.learn([found]);
    return found.nodeId;
  }

  initProducer(
    node: number | undefined,
    transactionalId: string | undefined,
    timeoutMs: number,
  ): Promise<ProducerIdentity> {
    return this.#transactions.initProducer(node, transactionalId, timeoutMs);
  }

  addPartitions(node: number, producer: TransactionalProducer, partitions: readonly TopicPartition[]): Promise<void> {
    return this.#transactions.addPartitions(node, producer, partitions);
  }

  addOffsets(node: number, producer: TransactionalProducer, groupId: string): Promise<void> {
    return this.#transactions.addOffsets(node, producer, groupId);
  }

  commitOffsetsInTransaction(
    node: number,
    producer: TransactionalProducer,
    member: GroupMembership,
    offsets: readonly PartitionOffset[],
  ): Promise<void> {
    return this.#transactions.commitOffsets(node, producer, member, offsets);
  }

  endTransaction(node: number, producer: TransactionalProducer, commit: boolean): Promise<void> {
    return this.#transactions.end(node, producer, commit);
  }

  join(node: number, request: JoinRequest): Promise<JoinedGroup> {
    return this.#groups.join(node, request);
  }

  sync(
    node: number,
    member: GroupMembership,
    protocol: string,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  ): Promise<Buffer> {
    return this.#groups.sync(node, member, protocol, assignments);
  }

  heartbeat(node: number, member: GroupMembership): Promise<void> {
    return this.#groups.heartbeat(node, member);
  }

  leave(node: number, member: GroupMembership, reason: string): Promise<void> {
    return this.#groups.leave(node, member, reason);
  }

  committed(
    node: number,
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<ReadonlyMap<string, CommittedOffset>> {
    return this.#groups.committed(node, groupId, partitions);
  }

  commit(node: number, member: GroupMembership, offsets: readonly PartitionOffset[]): Promise<void> {
    return this.#groups.commit(node, member, offsets);
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  readonly #call: MakeCall = async (node, lane, call, ...args) => {
    try {
      const { forCalls } = await this.#connections.to(node, lane);
      return await call.async(forCalls, ...args);
    } catch (thrown) {
      throw failureOf(thrown);
    }
  };

  async #leaderOf(partitions: readonly TopicPartition[]): Promise<(place: TopicPartition) => number> {
    const topics = await this.topics([...new Set(partitions.map(({ topic }) => topic))]);
    return ({ topic, partition }) => {
      const leader = topics.get(topic)?.leaders[partition];
      const name = nameOf({ topic, partition });
      if (leader === undefined) throw new KafkaFailure("UNKNOWN_TOPIC_OR_PARTITION", name, true);
      if (leader < 0) throw new KafkaFailure("LEADER_NOT_AVAILABLE", name, true);
      return leader;
    };
  }

  /** Where no record is as young as was asked for, the end is meant. */
  async #withEnds(
    offsets: Map<string, number>,
    partitions: readonly TopicPartition[],
    committedOnly: boolean,
  ): Promise<ReadonlyMap<string, number>> {
    const none = partitions.filter((place) => (offsets.get(nameOf(place)) ?? -1) < 0);
    if (none.length === 0) return offsets;
    const ends = await this.offsets(none, "latest", committedOnly);
    return new Map([...offsets, ...ends]);
  }
}

/** The same call, but one that resolves when only parts of it failed. */
function partial<Args extends unknown[], Response>(call: Call<Args, Response>): Call<Args, Response> {
  return { async: (connection, ...args) => withPartErrors(call.async(connection, ...args)) };
}
