/** `ensureTopic` against a real broker: a topic is made once, whoever asks, and what is there stays as it is. */

import { expect, test } from "vitest";
import { ensureTopic } from "../../src/connectors/kafka/index.ts";
import { freePort } from "../../tools/kafka/free-port.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { produce, readTopic } from "./kit.ts";

describeKafka("ensureTopic", ({ brokers, client }) => {
  test("a missing topic is made as told, and can be written at once", async () => {
    const topic = freshName("made");
    const settings = { "cleanup.policy": "compact", "max.message.bytes": "12345" };
    expect(await ensureTopic({ brokers, topic, partitions: 3, replicas: 1, settings })).toEqual({
      made: true,
      partitions: 3,
    });
    expect(Object.fromEntries(await client.topicSettings(topic))).toMatchObject(settings);
    await produce(client, topic, 3, { partitions: 3 });
    expect(await readTopic(client, topic)).toHaveLength(3);
  });

  test("without a number of partitions the cluster's own is taken", async () => {
    expect(await ensureTopic({ brokers, topic: freshName("default") })).toEqual({ made: true, partitions: 1 });
  });

  test("what is there is left as it is, and told as it is", async () => {
    const topic = freshName("there");
    await ensureTopic({ brokers, topic, partitions: 2 });
    expect(await ensureTopic({ brokers, topic, partitions: 5 })).toEqual({ made: false, partitions: 2 });
  });

  test("of many who ask at once, one makes it", async () => {
    const topic = freshName("raced");
    const all = await Promise.all(Array.from({ length: 8 }, () => ensureTopic({ brokers, topic, partitions: 4 })));
    expect(all.filter(({ made }) => made)).toHaveLength(1);
    expect(new Set(all.map(({ partitions }) => partitions))).toEqual(new Set([4]));
  });

  test.each([
    ["more replicas than brokers", { replicas: 9 }, "replica"],
    ["a setting that Kafka does not know", { settings: { "cleanup.policy": "burn" } }, "cleanup.policy"],
  ])("%s is refused with the broker's reason", async (_, options, reason) => {
    const topic = freshName("refused");
    const asked = ensureTopic({ brokers, topic, ...options });
    await expect(asked).rejects.toThrow("ML4001");
    await expect(asked).rejects.toThrow(reason);
    expect((await client.topics([topic])).has(topic)).toBe(false);
  });

  test("a cluster that is not there is told", async () => {
    const nobody = `127.0.0.1:${await freePort()}`;
    const asked = ensureTopic({ brokers: nobody, topic: "frames", patience: 0 });
    await expect(asked).rejects.toThrow("topic frames cannot be made");
  });
});
