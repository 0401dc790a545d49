/** Records as large as a source takes, which are their own keys: across an exchange, and as state. */

import { createHash, randomBytes } from "node:crypto";
import { limits, lines, type Slice, stream } from "millrace";
import { kafkaGroup, kafkaSink, kafkaSource } from "millrace/kafka";
import { expect, test } from "vitest";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { clock, freshTopic, producerOf, readTopic, recordOf } from "./kit.ts";

const partitions = 2;
const bytesOf = ({ buffer, start, end }: Slice) => buffer.subarray(start, end);
const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

describeKafka("large records in a group", ({ brokers, client }) => {
  /** Runs to the end: counts each record, which is its own key, and keeps it. */
  const count = (group: string, input: string, output: string) =>
    stream("in", kafkaSource({ brokers, topics: input, untilEnd: true }))
      .keyBy("by-itself", (slice) => Buffer.from(bytesOf(slice)).toString("latin1"))
      .process<string>("count", {
        kind: "count",
        version: "1",
        open: (context) => {
          const seen = context.state<{ count: number; last: Buffer }>("seen");
          return {
            record: (slice: Slice) => {
              const last = Buffer.from(bytesOf(slice));
              const next = { count: (seen.get()?.count ?? 0) + 1, last };
              if (next.count > 1 && !seen.get()!.last.equals(last)) throw new Error("the state is another's");
              seen.set(next);
              context.emit(`${hashOf(last)}=${next.count}`);
            },
          };
        },
      })
      .to("out", kafkaSink<string>({ brokers, topic: output, encoder: lines.text }))
      .run({ on: kafkaGroup({ group }), signals: false }).done;

  const large = () => Array.from({ length: 3 }, () => randomBytes(limits.lineBytesMax));

  async function write(topic: string, values: readonly Buffer[]): Promise<void> {
    const producer = await producerOf(client, {
      batchBytesMax: 2 * limits.lineBytesMax,
      pendingBytesMax: 2 * limits.lineBytesMax,
    });
    for (const [i, value] of values.entries()) {
      producer.add(recordOf({ topic, partition: i % partitions }, clock.now(), null, value));
      await producer.flushed();
    }
    await producer.close();
  }

  test("what a source takes crosses a keyBy and is kept, and is there again for the next run", async () => {
    const [group, output] = [freshName("group"), await freshTopic(client)];
    const input = await freshTopic(client, partitions, { "max.message.bytes": String(2 * limits.lineBytesMax) });
    const values = large();
    await write(input, values);
    await count(group, input, output);
    await write(input, values);
    await count(group, input, output);
    const results = (await readTopic(client, output)).map(({ value }) => value).sort();
    expect(results).toEqual(values.flatMap((value) => [`${hashOf(value)}=1`, `${hashOf(value)}=2`]).sort());
  });

  test("a topic of the group that was made too small is told by name, with the command that mends it", async () => {
    const [group, output] = [freshName("group"), await freshTopic(client)];
    const input = await freshTopic(client, partitions, { "max.message.bytes": String(2 * limits.lineBytesMax) });
    const exchange = `${group}-by-itself-repartition`;
    const settings = { "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1" };
    await client.createTopics([{ name: exchange, partitions, replicas: -1, settings }], 30_000);
    await write(input, large().slice(0, 1));
    const command = `kafka-configs --alter --entity-type topics --entity-name ${exchange} --add-config max.message.bytes=4194304`;
    const error = await count(group, input, output).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ML4003", retryable: false, message: expect.stringContaining(command) });
  });
});
