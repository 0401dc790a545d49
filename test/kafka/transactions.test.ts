/** Transactions against a real broker: what is committed is read once, what is not never, whoever is killed when. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { GroupMembership } from "../../src/connectors/kafka/client/kafka-client.ts";
import { failedWith } from "../../src/connectors/kafka/client/kafka-failure.ts";
import { retrying } from "../../src/connectors/kafka/retrying.ts";
import { isFenced } from "../../src/connectors/kafka/task-failure.ts";
import { runConsoleTool } from "../../tools/kafka/console-tools.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { clock, fetcherOf, freshTopic, random, readTopic, recordOf, recordsOf, transactionsOf } from "./kit.ts";

/** Commits from outside of the group's members. */
const outsider = (groupId: string): GroupMembership => ({
  groupId,
  memberId: "",
  generation: -1,
  instanceId: undefined,
});

describeKafka("transactions", ({ brokers, client }) => {
  const valuesOf = async (topic: string) =>
    (await readTopic(client, topic, { fetchBytes: 1024 })).map(({ value }) => value);
  const committed = async (groupId: string, topic: string) => {
    const node = await client.coordinator("group", groupId);
    // Until the last transaction's markers are written, its offsets are not told.
    const read = () => client.committed(node, groupId, [{ topic, partition: 0 }]);
    return (await retrying(read, { clock, random, patienceMs: 30_000 })).get(`${topic}-0`)?.offset;
  };

  test("records of several partitions and offsets, interval after interval, as Java's consumer sees them", async () => {
    const topic = await freshTopic(client, 3);
    const input = await freshTopic(client);
    const groupId = freshName("group");
    const session = await transactionsOf(client, freshName("tx"));
    for (let interval = 0; interval < 20; interval++) {
      for (let i = 0; i < 30; i++) session.add(recordOf({ topic, partition: i % 3 }, 1, null, `${interval}-${i}`));
      await session.commit([
        { member: outsider(groupId), offsets: [{ topic: input, partition: 0, offset: 10 * (interval + 1) }] },
      ]);
    }
    await session.close();
    expect(await committed(groupId, input)).toBe(200);
    expect(await valuesOf(topic)).toHaveLength(600);
    const read = await runConsoleTool("read", brokers, [topic, "--max-messages", "600"], "capture");
    expect(new Set(read.text.trim().split("\n")).size).toBe(600);
  });

  test("an aborted transaction leaves nothing, and the next one is whole", async () => {
    const topic = await freshTopic(client);
    const session = await transactionsOf(client, freshName("tx"));
    const write = (...texts: readonly string[]) => {
      for (const text of texts) session.add(recordOf({ topic, partition: 0 }, 1, null, text));
      session.flush();
    };
    write("a", "b");
    await session.commit();
    write("bad 1");
    await session.drain();
    await session.abort();
    write("bad 2");
    await session.abort();
    write("c");
    await session.commit();
    write("d");
    await session.commit();
    await session.close();
    expect(await valuesOf(topic)).toEqual(["a", "b", "c", "d"]);
  });

  test("a transaction with nothing in it is none, and one with offsets only moves them", async () => {
    const topic = await freshTopic(client);
    const groupId = freshName("group");
    const session = await transactionsOf(client, freshName("tx"));
    await session.commit();
    await session.commit([{ member: outsider(groupId), offsets: [{ topic, partition: 0, offset: 7 }] }]);
    await session.commit();
    await session.close();
    expect(await committed(groupId, topic)).toBe(7);
  });

  test("what is added during a commit belongs to the next transaction", async () => {
    const topic = await freshTopic(client);
    const session = await transactionsOf(client, freshName("tx"));
    session.add(recordOf({ topic, partition: 0 }, 1, null, "first"));
    const committing = session.commit();
    session.add(recordOf({ topic, partition: 0 }, 1, null, "second"));
    session.flush();
    await committing;
    const fetcher = fetcherOf(client);
    fetcher.add({ topic, partition: 0 }, 0);
    const piece = await fetcher.next();
    expect("failure" in piece || recordsOf(piece).map(({ value }) => value)).toEqual(["first"]);
    await fetcher.close();
    await session.commit();
    expect(await valuesOf(topic)).toEqual(["first", "second"]);
    await session.close();
  });

  test("who is succeeded under the same id can commit nothing more", async () => {
    const topic = await freshTopic(client);
    const id = freshName("tx");
    const groupId = freshName("group");
    const zombie = await transactionsOf(client, id);
    zombie.add(recordOf({ topic, partition: 0 }, 1, null, "zombie"));
    zombie.flush();
    await zombie.drain();
    const successor = await transactionsOf(client, id);
    successor.add(recordOf({ topic, partition: 0 }, 1, null, "successor"));
    await successor.commit();
    zombie.add(recordOf({ topic, partition: 0 }, 1, null, "zombie again"));
    const offsets = [{ member: outsider(groupId), offsets: [{ topic, partition: 0, offset: 99 }] }];
    const failure = await zombie.commit(offsets).catch((thrown: unknown) => thrown);
    expect(isFenced(failure)).toBe(true);
    await zombie.close();
    await successor.close();
    expect(await valuesOf(topic)).toEqual(["successor"]);
    expect(await committed(groupId, topic)).toBeUndefined();
  });

  test("a member of a generation that is over cannot move offsets", async () => {
    const topic = await freshTopic(client);
    const groupId = freshName("group");
    const session = await transactionsOf(client, freshName("tx"));
    session.add(recordOf({ topic, partition: 0 }, 1, null, "never"));
    const stale = { groupId, memberId: "somebody", generation: 3, instanceId: undefined };
    const failure = await session
      .commit([{ member: stale, offsets: [{ topic, partition: 0, offset: 5 }] }])
      .catch((thrown: unknown) => thrown);
    expect(failedWith(failure, "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION")).toBe(true);
    await session.abort();
    session.add(recordOf({ topic, partition: 0 }, 1, null, "good"));
    await session.commit();
    await session.close();
    expect(await valuesOf(topic)).toEqual(["good"]);
  });

  test("killed with -9 in a transaction: the next owner ends it at once, and nothing of it is read", async () => {
    const topic = await freshTopic(client);
    const id = freshName("tx");
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL("./torn-transaction.ts", import.meta.url)), brokers, id, topic],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await new Promise((resolve, reject) => {
      child.stdout.once("data", resolve);
      child.once("close", reject);
    });
    child.kill("SIGKILL");
    const session = await transactionsOf(client, id);
    expect(await valuesOf(topic)).toEqual(["kept"]);
    session.add(recordOf({ topic, partition: 0 }, 1, null, "after"));
    await session.commit();
    await session.close();
    expect(await valuesOf(topic)).toEqual(["kept", "after"]);
  });
});
