/** `kafkaSink` against a real broker: the conformance suite, and where records go. */

import { expect, test } from "vitest";
import { type KafkaSinkOptions, kafkaSink } from "../../src/connectors/kafka/index.ts";
import { partitionOfKey } from "../../src/connectors/kafka/partitioner.ts";
import { systemClock } from "../../src/core/clock.ts";
import { nodeDisk } from "../../src/core/node-disk.ts";
import type { RecordInfo } from "../../src/core/operator.ts";
import { silentMeter } from "../../src/testing/silent-meter.ts";
import { sinkConformance } from "../../src/testing/sink-conformance.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { freshTopic, readTopic } from "./kit.ts";

const record: RecordInfo = {
  time: 1234.5,
  key: undefined,
  partition: undefined,
  raw: () => undefined,
  describe: () => "a record of the test",
};

describeKafka("kafkaSink", ({ brokers, client }) => {
  const open = <T>(topic: string, options: Partial<KafkaSinkOptions<T>> = {}) =>
    kafkaSink<T>({ brokers, topic, ...options }).open({
      id: "sink",
      clock: systemClock,
      disk: nodeDisk,
      meter: silentMeter,
      resume: undefined,
      checkpointed: true,
    });

  async function makeFixture() {
    const topic = await freshTopic(client);
    return {
      sink: kafkaSink<{ n: number }>({ brokers, topic, batchBytes: 200, pendingBytesMax: 500, compression: "none" }),
      value: (n: number) => ({ n }),
      text: (n: number) => `{"n":${n}}`,
      fullAfter: 100,
      arrived: async () => (await readTopic(client, topic)).map(({ value }) => value!),
    };
  }

  for (const { name, run } of sinkConformance("kafka", makeFixture)) test(name, run);

  test("a key goes where Java's client would put it; without keys all partitions get their share", async () => {
    const topic = await freshTopic(client, 4);
    const keyed = await open<number>(topic, { key: (value) => `key ${value}` });
    for (let n = 0; n < 200; n++) keyed.write(n, record);
    await keyed.prepare();
    await keyed.close();
    for (const { key, partition } of await readTopic(client, topic)) {
      expect(partition).toBe(partitionOfKey(Buffer.from(key!), 4));
    }
    const other = await freshTopic(client, 4);
    const keyless = await open<number>(other, { batchBytes: 50 });
    for (let n = 0; n < 200; n++) keyless.write(n, record);
    await keyless.prepare();
    await keyless.close();
    expect(new Set((await readTopic(client, other)).map(({ partition }) => partition)).size).toBe(4);
  });

  test("a record that the topic does not take is refused at that record, and the rest arrives", async () => {
    const topic = await freshTopic(client, 1, { "max.message.bytes": "2000" });
    const writer = await open<string>(topic, { compression: "none" });
    writer.write("small", record);
    expect(() => writer.write("x".repeat(3000), record)).toThrow("max.message.bytes");
    writer.write("after", record);
    await writer.prepare();
    await writer.close();
    expect((await readTopic(client, topic)).map(({ value }) => value)).toEqual(['"small"', '"after"']);
  });

  test("a topic that is not there is told", async () => {
    await expect(open(freshName("none"))).rejects.toThrow("ML4001");
  });
});
