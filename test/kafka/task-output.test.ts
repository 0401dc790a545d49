/** What a task writes through, on a real broker: shares, fencing, offsets, and the topics of its own. */

import { afterEach, expect, test } from "vitest";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { KafkaFailure } from "../../src/connectors/kafka/client/kafka-failure.ts";
import { isFenced, mayRestart, openTaskOutput, type TaskOutputOptions } from "../../src/connectors/kafka/index.ts";
import { ensureChangelog, ensureExchange } from "../../src/connectors/kafka/task/ensure-topics.ts";
import type { TaskOutput } from "../../src/connectors/kafka/task/task-output.ts";
import { freshName, testBroker } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { clientOf, clock, freshTopic, random, readTopic, recordOf } from "./kit.ts";
import { committedOf } from "./task-kit.ts";

describeKafka("a task's output", ({ brokers, client }) => {
  const open: TaskOutput[] = [];
  afterEach(async () => {
    for (const output of open.splice(0)) await output.close();
  });

  async function opened(options: Partial<TaskOutputOptions> & { readonly group: string }): Promise<TaskOutput> {
    const output = await openTaskOutput({
      client,
      clock,
      random,
      guarantee: "exactly-once",
      transactionalId: `${options.group}-id`,
      onTrouble: () => {},
      ...options,
    });
    open.push(output);
    return output;
  }

  const values = async (topic: string) => (await readTopic(client, topic)).map(({ value }) => value);

  /** So many values that are committed, while a later transaction may be open behind them: waits for their markers. */
  async function decided(topic: string, count: number): Promise<(string | null)[]> {
    for (;;) {
      const seen = await readTopic(client, topic, { toDecided: true });
      if (seen.length >= count) return seen.map(({ value }) => value);
    }
  }

  test.each(["exactly-once", "at-least-once"] as const)(
    "%s: a share is committed with its offsets, and what comes after the cut is not part of it",
    async (guarantee) => {
      const group = freshName("group");
      const [out, log, input] = [await freshTopic(client), await freshTopic(client), await freshTopic(client)];
      const output = await opened({ group, guarantee });
      output.add(recordOf({ topic: out, partition: 0 }, 1, null, "before"));
      output.cut();
      output.add(recordOf({ topic: out, partition: 0 }, 1, null, "after"));
      output.flush();
      output.addToCut(recordOf({ topic: log, partition: 0 }, 1, "k", "state of before"));
      await output.commit([{ topic: input, partition: 0, offset: 7 }]);
      expect(await committedOf(client, group, input)).toEqual({ offset: 7 });
      expect(await values(log)).toEqual(["state of before"]);
      if (guarantee === "exactly-once") expect(await decided(out, 1)).toEqual(["before"]);
      output.cut();
      output.addToCut(recordOf({ topic: log, partition: 0 }, 1, "k", "state of after"));
      await output.commit([{ topic: input, partition: 0, offset: 8, metadata: "ended" }]);
      expect(await values(out)).toEqual(["before", "after"]);
      expect(await values(log)).toEqual(["state of before", "state of after"]);
      expect(await committedOf(client, group, input)).toEqual({ offset: 8, metadata: "ended" });
    },
  );

  test("a share may be larger than what may be pending, while the next one is full and waits", async () => {
    const group = freshName("group");
    const [out, log] = [await freshTopic(client), await freshTopic(client)];
    const output = await opened({ group, pendingBytesMax: 20_000, batchBytes: 1000, compression: "none" });
    output.add(recordOf({ topic: out, partition: 0 }, 1, null, "first"));
    output.cut();
    while (!output.full) output.add(recordOf({ topic: out, partition: 0 }, 1, null, "x".repeat(500)));
    const drained = output.drain();
    for (let i = 0; i < 1000; i++) {
      output.addToCut(recordOf({ topic: log, partition: 0 }, 1, `k${i}`, "y".repeat(100)));
      if (output.cutFull) await output.drainCut();
    }
    await output.commit([]);
    await drained;
    expect(await decided(log, 1000)).toHaveLength(1000);
    expect(await decided(out, 1)).toEqual(["first"]);
  });

  test("died between cut and commit: nothing of it is there, the offsets are the old ones, and the next owner goes on", async () => {
    const group = freshName("group");
    const [out, log, input] = [await freshTopic(client), await freshTopic(client), await freshTopic(client)];
    const own = clientOf(brokers);
    const dying = await openTaskOutput({
      client: own,
      clock,
      random,
      guarantee: "exactly-once",
      group,
      transactionalId: `${group}-id`,
      onTrouble: () => {},
    });
    dying.add(recordOf({ topic: out, partition: 0 }, 1, null, "one"));
    dying.cut();
    await dying.commit([{ topic: input, partition: 0, offset: 1 }]);
    dying.add(recordOf({ topic: out, partition: 0 }, 1, null, "lost"));
    dying.cut();
    dying.addToCut(recordOf({ topic: log, partition: 0 }, 1, "k", "lost"));
    await dying.drainCut();
    await dying.drain();
    await own.close();
    const next = await opened({ group });
    expect(await values(out)).toEqual(["one"]);
    expect(await values(log)).toEqual([]);
    expect(await committedOf(client, group, input)).toEqual({ offset: 1 });
    next.add(recordOf({ topic: out, partition: 0 }, 1, null, "two"));
    next.cut();
    await next.commit([{ topic: input, partition: 0, offset: 2 }]);
    expect(await values(out)).toEqual(["one", "two"]);
    await dying.close();
  });

  test.each([
    ["is on its way", false],
    ["has arrived", true],
  ])(
    "a second owner of the id fences the first, whose record %s: its commit fails, and it writes no more",
    async (_, isThere) => {
      const group = freshName("group");
      const [out, input] = [await freshTopic(client), await freshTopic(client)];
      const first = await opened({ group });
      first.add(recordOf({ topic: out, partition: 0 }, 1, null, "of the first"));
      first.flush();
      while (isThere && (await readTopic(client, out, { committedOnly: false })).length === 0) await clock.turn();
      const second = await opened({ group });
      first.cut();
      const failure = await first
        .commit([{ topic: input, partition: 0, offset: 5 }])
        .catch((thrown: unknown) => thrown);
      expect(isFenced(failure)).toBe(true);
      expect(mayRestart(failure)).toBe(true);
      expect(first.full).toBe(true);
      second.add(recordOf({ topic: out, partition: 0 }, 1, null, "of the second"));
      second.cut();
      await second.commit([{ topic: input, partition: 0, offset: 6 }]);
      await first.close();
      expect(await values(out)).toEqual(["of the second"]);
      expect(await committedOf(client, group, input)).toEqual({ offset: 6 });
    },
  );

  test("an answer that is lost costs nothing, unless the records are so old that a broker may forget them", async () => {
    const topic = await freshTopic(client);
    let lost = 0;
    /** Takes the batches, and loses the first answer. */
    const lossy = new Proxy(client, {
      get: (target, name) => {
        if (name !== "produce") return Reflect.get(target, name).bind(target);
        return async (...args: Parameters<KafkaClient["produce"]>) => {
          const answer = await target.produce(...args);
          if (++lost === 1) throw new KafkaFailure("NETWORK", "the answer was lost", true);
          return answer;
        };
      },
    });
    for (const [time, isOld] of [
      [clock.now(), false],
      [1970, true],
    ] as const) {
      lost = 0;
      const output = await opened({ group: freshName("group"), client: lossy });
      output.add(recordOf({ topic, partition: 0 }, time, null, `of ${time}`));
      output.cut();
      const failure = await output.commit([]).catch((thrown: unknown) => thrown);
      expect(failure !== undefined).toBe(isOld);
      expect(mayRestart(failure)).toBe(isOld);
      await output.close();
      expect(await values(topic)).toHaveLength(1);
    }
  });

  test("a topic that is deleted under it is told, for good", async () => {
    const topic = await freshTopic(client);
    const output = await opened({ group: freshName("group") });
    await output.partitionsOf(topic);
    await client.deleteTopics([topic], 10_000);
    output.add(recordOf({ topic, partition: 0 }, clock.now(), null, "nowhere to go"));
    output.cut();
    const failure = await output.commit([]).catch((thrown: unknown) => thrown);
    expect(String(failure)).toMatch(`UNKNOWN_TOPIC_OR_PARTITION: topic ${topic} is gone`);
    expect(mayRestart(failure)).toBe(false);
  });

  test("a task that is closed aborts what it left open: readers need not wait for the timeout", async () => {
    const group = freshName("group");
    const out = await freshTopic(client);
    const output = await opened({ group });
    output.add(recordOf({ topic: out, partition: 0 }, 1, null, "left open"));
    output.flush();
    while ((await client.offsets([{ topic: out, partition: 0 }], "latest", false)).get(`${out}-0`) === 0) {}
    await output.close();
    // The record and the marker: all is decided.
    const stable = async () => (await client.offsets([{ topic: out, partition: 0 }], "latest", true)).get(`${out}-0`);
    while ((await stable())! < 2) {}
    expect(await values(out)).toEqual([]);
  });

  test("at-least-once, neither state nor offset is committed before the results are safe", async () => {
    const [group, out, changelog, input] = [
      freshName("group"),
      await freshTopic(client),
      await freshTopic(client),
      await freshTopic(client),
    ];
    const released = Promise.withResolvers<void>();
    // Results are held up on their way; what belongs to a transaction is not.
    const held = clientOf(await testBroker());
    const produce = held.produce.bind(held);
    held.produce = async (...args) => {
      if (args[2] === undefined) await released.promise;
      return produce(...args);
    };
    const output = await opened({ group, client: held, guarantee: "at-least-once" });
    await output.partitionsOf(out);
    await output.partitionsOf(changelog);
    output.add(recordOf({ topic: out, partition: 0 }, 1, null, "result"));
    output.cut();
    output.addToCut(recordOf({ topic: changelog, partition: 0 }, 1, "key", "state"));
    const committed = output.commit([{ topic: input, partition: 0, offset: 7 }]);
    let isCommitted = false;
    void committed.then(() => (isCommitted = true));
    output.flush();
    for (let turn = 0; turn < 200; turn++) await clock.turn();
    expect(isCommitted).toBe(false);
    expect(await values(changelog)).toEqual([]);
    expect(await committedOf(client, group, input)).toBeUndefined();
    released.resolve();
    await committed;
    expect(await values(out)).toEqual(["result"]);
    expect(await values(changelog)).toEqual(["state"]);
    expect(await committedOf(client, group, input)).toEqual({ offset: 7 });
    await output.close();
    await held.close();
  });

  test("topics of its own are made with the right settings, found again, grown, and refused when they are wrong", async () => {
    const context = { client, clock, random };
    const topic = freshName("changelog");
    await Promise.all([1, 2, 3].map(() => ensureChangelog(context, { topic, partitions: 2 })));
    expect((await client.topicSettings(topic)).get("cleanup.policy")).toBe("compact");
    await ensureChangelog(context, { topic, partitions: 4 });
    expect((await client.topics([topic])).get(topic)?.leaders).toHaveLength(4);
    await expect(ensureChangelog(context, { topic, partitions: 2 })).rejects.toThrow(
      /ML5003.*has 4 partitions.*has 2.*another group/,
    );
    const wrong = await freshTopic(client);
    await expect(ensureChangelog(context, { topic: wrong, partitions: 1 })).rejects.toThrow(
      /ML5003.*cleanup\.policy=delete, and it must be compact.*kafka-configs --alter/,
    );
    const exchange = freshName("exchange");
    expect(await ensureExchange(context, { topic: exchange, partitions: 3 })).toBe(3);
    expect(await ensureExchange(context, { topic: exchange, partitions: 9 })).toBe(3);
    const short = await freshTopic(client, 1, { "retention.ms": "60000" });
    await expect(ensureExchange(context, { topic: short, partitions: 1 })).rejects.toThrow(
      /retention\.ms=60000, and it must be -1/,
    );
  });
});
