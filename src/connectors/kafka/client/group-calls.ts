import {
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  offsetCommitV8,
  offsetFetchV8,
  syncGroupV5,
} from "@platformatic/kafka";
import {
  type CommittedOffset,
  type GroupMembership,
  type JoinedGroup,
  type JoinRequest,
  nameOf,
  type PartitionOffset,
  type TopicPartition,
} from "./kafka-client.ts";
import type { MakeCall } from "./make-call.ts";
import { committedTopics } from "./transaction-calls.ts";

const protocolType = "consumer";

/** The calls around a group's members and offsets, classic protocol. */
export class GroupCalls {
  readonly #call: MakeCall;

  constructor(call: MakeCall) {
    this.#call = call;
  }

  async join(node: number, request: JoinRequest): Promise<JoinedGroup> {
    const { groupId, memberId, sessionTimeoutMs, rebalanceTimeoutMs, protocols, reason } = request;
    const instanceId = request.instanceId ?? null;
    const times = [sessionTimeoutMs, rebalanceTimeoutMs] as const;
    const { api } = joinGroupV9;
    const answer = await this.#call(
      node,
      "join",
      api,
      groupId,
      ...times,
      memberId,
      instanceId,
      protocolType,
      [...protocols],
      reason,
    );
    return {
      generation: answer.generationId,
      memberId: answer.memberId,
      isLeader: answer.leader === answer.memberId,
      protocol: answer.protocolName ?? "",
      members: (answer.members ?? []).map((member) => ({
        memberId: member.memberId,
        instanceId: member.groupInstanceId ?? undefined,
        metadata: member.metadata ?? Buffer.alloc(0),
      })),
      skipAssignment: answer.skipAssignment,
    };
  }

  async sync(
    node: number,
    { groupId, generation, memberId, instanceId }: GroupMembership,
    protocol: string,
    assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  ): Promise<Buffer> {
    const member = [groupId, generation, memberId, instanceId ?? null] as const;
    const { api } = syncGroupV5;
    const answer = await this.#call(node, "join", api, ...member, protocolType, protocol, [...assignments]);
    return answer.assignment;
  }

  async heartbeat(node: number, { groupId, generation, memberId, instanceId }: GroupMembership): Promise<void> {
    await this.#call(node, "calls", heartbeatV4.api, groupId, generation, memberId, instanceId ?? null);
  }

  async leave(node: number, { groupId, memberId, instanceId }: GroupMembership, reason: string): Promise<void> {
    const member = { memberId, groupInstanceId: instanceId ?? null, reason };
    await this.#call(node, "calls", leaveGroupV5.api, groupId, [member]);
  }

  /** Only stable offsets: one that an open transaction is about to move is waited for, or two members would do the same work. */
  async committed(node: number, groupId: string, partitions: readonly TopicPartition[]) {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, parts]) => ({
      name,
      partitionIndexes: parts.map(({ partition }) => partition),
    }));
    const group = { groupId, memberEpoch: -1, topics };
    const answer = await this.#call(node, "calls", offsetFetchV8.api, [group], true);
    const offsets = new Map<string, CommittedOffset>();
    for (const { name, partitions: parts } of answer.groups[0]?.topics ?? []) {
      for (const { partitionIndex, committedOffset, metadata } of parts) {
        const place = nameOf({ topic: name, partition: partitionIndex });
        if (committedOffset < 0n) continue;
        offsets.set(place, { offset: Number(committedOffset), metadata: metadata || undefined });
      }
    }
    return offsets;
  }

  async commit(
    node: number,
    { groupId, generation, memberId, instanceId }: GroupMembership,
    offsets: readonly PartitionOffset[],
  ): Promise<void> {
    const { api } = offsetCommitV8;
    const topics = committedTopics(offsets);
    await this.#call(node, "calls", api, groupId, generation, memberId, instanceId ?? null, topics);
  }
}
