import {
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  endTxnV3,
  initProducerIdV4,
  txnOffsetCommitV3,
} from "@platformatic/kafka";
import type {
  GroupMembership,
  PartitionOffset,
  ProducerIdentity,
  TopicPartition,
  TransactionalProducer,
} from "./kafka-client.ts";
import type { MakeCall } from "./make-call.ts";

/** The calls around producers and their transactions. */
export class TransactionCalls {
  readonly #call: MakeCall;

  constructor(call: MakeCall) {
    this.#call = call;
  }

  /** The identity -1/-1 asks for a new epoch: what an earlier run of the same id left open is aborted, and that run fenced. */
  async initProducer(node: number | undefined, transactionalId: string | undefined, timeoutMs: number) {
    const { api } = initProducerIdV4;
    const answer = await this.#call(node, "calls", api, transactionalId ?? null, timeoutMs, -1n, -1);
    return { id: answer.producerId, epoch: answer.producerEpoch } satisfies ProducerIdentity;
  }

  async addPartitions(node: number, producer: TransactionalProducer, partitions: readonly TopicPartition[]) {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, parts]) => ({
      name,
      partitions: parts.map(({ partition }) => partition),
    }));
    const { transactionalId, id: producerId, epoch: producerEpoch } = producer;
    const transaction = { transactionalId, producerId, producerEpoch, verifyOnly: false, topics };
    await this.#call(node, "calls", addPartitionsToTxnV3.api, [transaction]);
  }

  async addOffsets(node: number, { transactionalId, id, epoch }: TransactionalProducer, groupId: string) {
    await this.#call(node, "calls", addOffsetsToTxnV3.api, transactionalId, id, epoch, groupId);
  }

  /** All offsets in one call: one after another, most would be lost. */
  async commitOffsets(
    node: number,
    { transactionalId, id, epoch }: TransactionalProducer,
    { groupId, memberId, generation, instanceId }: GroupMembership,
    offsets: readonly PartitionOffset[],
  ) {
    const { api } = txnOffsetCommitV3;
    const topics = committedTopics(offsets);
    const member = [generation, memberId, instanceId ?? null] as const;
    await this.#call(node, "calls", api, transactionalId, groupId, id, epoch, ...member, topics);
  }

  async end(node: number, { transactionalId, id, epoch }: TransactionalProducer, commit: boolean) {
    await this.#call(node, "calls", endTxnV3.api, transactionalId, id, epoch, commit);
  }
}

/** Offsets as the commit calls take them. */
export function committedTopics(offsets: readonly PartitionOffset[]) {
  return [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, parts]) => ({
    name,
    partitions: parts.map(({ partition, offset, metadata }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: metadata ?? null,
    })),
  }));
}
