/** Members of a consumer group against a real broker: who comes, goes, dies and comes back, and what stays as it was. */
import { afterEach, expect, test } from "vitest";
import { type KafkaClient, nameOf, type TopicPartition } from "../../src/connectors/kafka/client/kafka-client.ts";
import { failedWith } from "../../src/connectors/kafka/client/kafka-failure.ts";
import { GroupMember, type GroupMemberOptions } from "../../src/connectors/kafka/group/group-member.ts";
import { runConsoleTool } from "../../tools/kafka/console-tools.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { clientOf, clock, freshTopic, random } from "./kit.ts";

/** A member, and all that happened to it. */
interface Watched {
  readonly member: GroupMember;
  readonly client: KafkaClient;
  readonly held: Set<string>;
  readonly events: string[];
  readonly ran: Promise<void>;
}

describeKafka("a consumer group", ({ brokers, client: admin }) => {
  const open: Watched[] = [];
  afterEach(async () => {
    for (const { member, client } of open.splice(0)) {
      await member.close();
      await client.close();
    }
  });

  function joins(groupId: string, topic: string, options: Partial<GroupMemberOptions> = {}): Watched {
    const client = clientOf(brokers);
    const held = new Set<string>();
    const events: string[] = [];
    const take = (kind: string, change: (name: string) => void) => async (places: readonly TopicPartition[]) => {
      for (const place of places) change(nameOf(place));
      events.push(`${kind} ${places.map(({ partition }) => partition).join(",")}`);
    };
    const member = new GroupMember({
      client,
      clock,
      random,
      groupId,
      partitions: async () => {
        const info = (await client.topics([topic])).get(topic);
        return (info?.leaders ?? []).map((_, partition) => ({ topic, partition }));
      },
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 20_000,
      lookMs: 200,
      onAssigned: take("assigned", (name) => held.add(name)),
      onRevoked: take("revoked", (name) => held.delete(name)),
      onLost: take("lost", (name) => held.delete(name)),
      onTrouble: () => {},
      ...options,
    });
    const watched = { member, client, held, events, ran: member.run() };
    watched.ran.catch(() => {});
    open.push(watched);
    return watched;
  }

  /** Waits, a turn of the loop after another, until it is so. */
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  const sizes = (...members: readonly Watched[]) => members.map(({ held }) => held.size).join(",");
  const allHeld = (...members: readonly Watched[]) => new Set(members.flatMap(({ held }) => [...held])).size;

  test("members share a topic, and what stays with one is never taken from it", async () => {
    const topic = await freshTopic(admin, 6);
    const groupId = freshName("group");
    const first = joins(groupId, topic);
    await until(() => first.held.size === 6);
    const second = joins(groupId, topic);
    await until(() => sizes(first, second) === "3,3");
    const third = joins(groupId, topic);
    await until(() => sizes(first, second, third) === "2,2,2");
    expect(allHeld(first, second, third)).toBe(6);
    expect(first.events).toEqual(["assigned 0,1,2,3,4,5", "revoked 3,4,5", "revoked 2"]);
    await second.member.close();
    await until(() => sizes(first, third) === "3,3");
    expect(allHeld(first, third)).toBe(6);
    expect(first.events.slice(3)).toEqual([expect.stringMatching(/^assigned \d$/)]);
  });

  test("who dies without a word is missed after the session, and the others take over", async () => {
    const topic = await freshTopic(admin, 4);
    const groupId = freshName("group");
    const survivor = joins(groupId, topic);
    await until(() => survivor.held.size === 4);
    const dying = joins(groupId, topic, { instanceId: freshName("instance") });
    await until(() => sizes(survivor, dying) === "2,2");
    await dying.member.close();
    await until(() => survivor.held.size === 4);
  });

  test("a static member that comes back within the session costs no rebalance", async () => {
    const topic = await freshTopic(admin, 4);
    const groupId = freshName("group");
    const other = joins(groupId, topic);
    await until(() => other.held.size === 4);
    const instanceId = freshName("instance");
    const before = joins(groupId, topic, { instanceId });
    await until(() => sizes(other, before) === "2,2");
    const had = [...before.held].sort();
    const { generation } = other.member.membership;
    await before.member.close();
    const after = joins(groupId, topic, { instanceId });
    await until(() => after.held.size === 2);
    expect([...after.held].sort()).toEqual(had);
    expect(other.member.membership.generation).toBe(generation);
  });

  test("a loop that works without rest but for a turn every 10 ms is not expelled", async () => {
    const topic = await freshTopic(admin, 2);
    const busy = joins(freshName("group"), topic);
    await until(() => busy.held.size === 2);
    const began = clock.monotonic();
    while (clock.monotonic() - began < 8000) {
      const turn = clock.monotonic();
      while (clock.monotonic() - turn < 10);
      await clock.turn();
    }
    const node = await admin.coordinator("group", busy.member.membership.groupId);
    await busy.client.heartbeat(node, busy.member.membership);
    expect(busy.events).toEqual(["assigned 0,1"]);
  });

  test("who was expelled while it was blocked loses what it held, cannot commit, and joins anew", async () => {
    const topic = await freshTopic(admin, 2);
    const groupId = freshName("group");
    const blocked = joins(groupId, topic);
    await until(() => blocked.held.size === 2);
    const stale = blocked.member.membership;
    const node = await admin.coordinator("group", groupId);
    await admin.leave(node, stale, "expelled by the test");
    const failure = await admin
      .commit(node, stale, [{ topic, partition: 0, offset: 1 }])
      .catch((thrown: unknown) => thrown);
    expect(failedWith(failure, "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION")).toBe(true);
    await until(() => blocked.events.length === 3);
    expect(blocked.events).toEqual(["assigned 0,1", "lost 0,1", "assigned 0,1"]);
    await admin.commit(node, blocked.member.membership, [{ topic, partition: 0, offset: 1 }]);
    expect((await admin.committed(node, groupId, [{ topic, partition: 0 }])).get(`${topic}-0`)?.offset).toBe(1);
  });

  test("a topic that grows is shared anew", async () => {
    const topic = await freshTopic(admin, 2);
    const groupId = freshName("group");
    const members = [joins(groupId, topic), joins(groupId, topic)];
    await until(() => sizes(...members) === "1,1");
    await runConsoleTool("topics", brokers, ["--alter", "--topic", topic, "--partitions", "4"], "capture");
    await until(() => sizes(...members) === "2,2");
    for (const { events } of members)
      expect(events.filter((event) => event.startsWith("revoked"))).toHaveLength(events[0] === "assigned 0,1" ? 1 : 0);
  });
});
