import type { AbortedTransaction } from "../aborted-ranges.ts";

/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The name of a partition, as Kafka's own tools write it: `"frames-3"`. */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** A topic as the cluster knows it just now. */
export interface TopicInfo {
  readonly name: string;
  /** Changes when a topic is deleted and made again under the same name. */
  readonly id: string;
  /** By partition number: the node that leads it, -1 while none does. */
  readonly leaders: readonly number[];
}

/** A partition's part in a fetch. */
export interface WantedPartition {
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly bytesMax: number;
}

/** What a fetch asks of one node. */
export interface FetchRequest {
  /** How long the node may wait for the first byte. */
  readonly maxWaitMs: number;
  /** Of all partitions together; a single larger batch comes whole. */
  readonly bytesMax: number;
  readonly committedOnly: boolean;
  readonly partitions: readonly WantedPartition[];
}

/** What a fetch tells of one partition. */
export interface FetchedPartition {
  readonly topicId: string;
  readonly partition: number;
  /** The protocol's name of what went wrong: `"OFFSET_OUT_OF_RANGE"`. */
  readonly error: string | undefined;
  /** The offset after the last record there is. */
  readonly endOffset: number;
  /** The offset up to which every transaction is decided. */
  readonly stableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last perhaps cut off. */
  readonly bytes: Buffer;
}

/** A batch on its way into a partition. */
export interface ProducedBatch extends TopicPartition {
  readonly batch: Buffer;
}

/** What a node answers to a batch. */
export interface ProducedPartition extends TopicPartition {
  readonly error: string | undefined;
  readonly message: string | undefined;
  readonly baseOffset: number;
}

/** A producer's identity, given by the cluster. */
export interface ProducerIdentity {
  readonly id: bigint;
  readonly epoch: number;
}

/** A producer's place in its transactions. */
export interface TransactionalProducer extends ProducerIdentity {
  readonly transactionalId: string;
}

/** A member's place in its group. With generation -1 and no id offsets can be committed from outside of the group's members. */
export interface GroupMembership {
  readonly groupId: string;
  readonly memberId: string;
  readonly generation: number;
  /** The name under which a static member comes back. */
  readonly instanceId: string | undefined;
}

/** Where a group goes on in a partition. */
export interface PartitionOffset extends TopicPartition, CommittedOffset {}

/** What a group has committed for a partition. */
export interface CommittedOffset {
  readonly offset: number;
  /** What was told with it. */
  readonly metadata?: string | undefined;
}

/** What a member asks for when it joins. */
export interface JoinRequest {
  readonly groupId: string;
  /** Empty at first. */
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly sessionTimeoutMs: number;
  /** How long the others wait for this member when the group rebalances. */
  readonly rebalanceTimeoutMs: number;
  /** By name of a way to assign partitions, in order of preference: what the leader needs to know of this member. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  /** Why, for the broker's log. */
  readonly reason: string;
}

/** What a member learns when it has joined. */
export interface JoinedGroup {
  readonly generation: number;
  readonly memberId: string;
  readonly isLeader: boolean;
  /** The way to assign that all members know. */
  readonly protocol: string;
  /** Empty but for the leader. */
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | undefined;
    readonly metadata: Buffer;
  }[];
  /** The leader came back under its static name: the assignment stands and is not to be made anew. */
  readonly skipAssignment: boolean;
}

/** What a topic is made with. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** -1: as many as the cluster's default. */
  readonly replicas: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** The beginning, the end, or a time in milliseconds since the epoch: the first record not older. */
export type OffsetAt = "earliest" | "latest" | number;

/**
 * What the connector asks of a Kafka client, call by call: no retries, no state but connections and where nodes are. All
 * calls reject with a `KafkaFailure`. `node` is a node's number. Waiting calls have connections of their own (`lane`),
 * since a node answers the requests of one connection in order.
 */
export interface KafkaClient {
  /** The topics of those names that there are, or all; what was asked for and is not there is left out. */
  topics(names: readonly string[] | "all"): Promise<ReadonlyMap<string, TopicInfo>>;
  /** Rejects with `UNKNOWN_TOPIC_OR_PARTITION` when one is not there. For `"latest"` the end of what is committed, or of all. */
  offsets(
    partitions: readonly TopicPartition[],
    at: OffsetAt,
    committedOnly: boolean,
  ): Promise<ReadonlyMap<string, number>>;
  fetch(node: number, request: FetchRequest): Promise<readonly FetchedPartition[]>;
  /** What a fetch brought of one partition is looked at no more, and its memory may be used again. Need not be called; once at most. */
  release(bytes: Buffer): void;
  /** Waits until all replicas in sync have the batches. `transactionalId` for batches of a transaction. */
  produce(
    node: number,
    batches: readonly ProducedBatch[],
    transactionalId: string | undefined,
    timeoutMs: number,
  ): Promise<readonly ProducedPartition[]>;
  createTopics(topics: readonly NewTopic[], timeoutMs: number): Promise<void>;
  /** Gives a topic more partitions: so many in all. */
  growTopic(name: string, partitions: number, timeoutMs: number): Promise<void>;
  /** Forgets what lies before those offsets. */
  deleteRecords(offsets: readonly PartitionOffset[], timeoutMs: number): Promise<void>;
  deleteTopics(names: readonly string[], timeoutMs: number): Promise<void>;
  /** A topic's settings by name. */
  topicSettings(name: string): Promise<ReadonlyMap<string, string>>;

  /** The node that keeps a group's or a transactional id's books. */
  coordinator(kind: "group" | "transaction", key: string): Promise<number>;
  /** Without a transactional id for an idempotent producer. With one, the epoch of the id is raised and what it left open aborted. */
  initProducer(
    node: number | undefined,
    transactionalId: string | undefined,
    transactionTimeoutMs: number,
  ): Promise<ProducerIdentity>;
  addPartitions(node: number, producer: TransactionalProducer, partitions: readonly TopicPartition[]): Promise<void>;
  addOffsets(node: number, producer: TransactionalProducer, groupId: string): Promise<void>;
  /** `node` is the group's coordinator. */
  commitOffsetsInTransaction(
    node: number,
    producer: TransactionalProducer,
    member: GroupMembership,
    offsets: readonly PartitionOffset[],
  ): Promise<void>;
  endTransaction(node: number, producer: TransactionalProducer, commit: boolean): Promise<void>;

  join(node: number, request: JoinRequest): Promise<JoinedGroup>;
  /** The leader gives every member's assignment; each gets its own. */
  sync(
    node: number,
    member: GroupMembership,
    protocol: string,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  ): Promise<Buffer>;
  heartbeat(node: number, member: GroupMembership): Promise<void>;
  leave(node: number, member: GroupMembership, reason: string): Promise<void>;
  /** By partition name; what the group never committed is left out. Rejects with `UNSTABLE_OFFSET_COMMIT` while a transaction is open. */
  committed(
    node: number,
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<ReadonlyMap<string, CommittedOffset>>;
  commit(node: number, member: GroupMembership, offsets: readonly PartitionOffset[]): Promise<void>;

  /** Ends all connections; calls under way reject. */
  close(): Promise<void>;
}
