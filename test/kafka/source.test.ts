/** `kafkaSource` against a real broker: the conformance suite, and what only Kafka has. */

import { expect, test } from "vitest";
import { type KafkaSourceOptions, kafkaSource } from "../../src/connectors/kafka/index.ts";
import { systemClock } from "../../src/core/clock.ts";
import { nodeDisk } from "../../src/core/node-disk.ts";
import type { Position } from "../../src/core/records.ts";
import { silentMeter } from "../../src/testing/silent-meter.ts";
import { sourceConformance } from "../../src/testing/source-conformance.ts";
import { recordsOf, type SourceFixture } from "../../src/testing/source-under-test.ts";
import { runConsoleTool } from "../../tools/kafka/console-tools.ts";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { freshTopic, produce, producerOf, recordOf, transactionsOf, values } from "./kit.ts";

describeKafka("kafkaSource", ({ brokers, client }) => {
  const open = (topics: string, options: Partial<KafkaSourceOptions> = {}, resume = new Map<string, Position>()) =>
    kafkaSource({ brokers, topics, untilEnd: true, ...options }).open({
      id: "source",
      clock: systemClock,
      disk: nodeDisk,
      meter: silentMeter,
      resume,
      signal: new AbortController().signal,
    });

  /** All that a source gives, and where each partition ends. */
  async function readOut(
    topics: string,
    options: Partial<KafkaSourceOptions> = {},
    resume = new Map<string, Position>(),
  ) {
    const reader = await open(topics, options, resume);
    const texts: string[] = [];
    const ends = new Map<string, Position>();
    for (let batch = await reader.read(); batch !== "end"; batch = await reader.read()) {
      texts.push(...recordsOf(batch).map(({ text }) => text));
      ends.set(batch.partition.name, batch.resume(batch.size));
    }
    return { reader, texts, ends };
  }

  /** The suite kills a run at its first checkpoint, a millisecond after the start: by then there must be something to read. */
  async function untilReady<R extends { readonly pending?: boolean }>(reader: R): Promise<R> {
    while (!reader.pending) await systemClock.turn();
    return reader;
  }

  async function makeFixture(): Promise<SourceFixture<unknown>> {
    const topic = await freshTopic(client, 2);
    await produce(client, topic, 16, { partitions: 2, batchBytes: 100 });
    const all = values(16);
    const source = kafkaSource({ brokers, topics: topic, untilEnd: true, fetchBytes: 200, batchRecordsMax: 3 });
    return {
      source: { ...source, open: (context) => source.open(context).then(untilReady) },
      expected: {
        [`${topic}-0`]: all.filter((_, i) => i % 2 === 0),
        [`${topic}-1`]: all.filter((_, i) => i % 2 === 1),
      },
    };
  }

  test("who has read all that is there is not told that more is coming, or a sink would hold back what it has for company", async () => {
    const topic = await freshTopic(client);
    await produce(client, topic, 3);
    const reader = await open(topic, { untilEnd: false });
    let records = 0;
    while (records < 3) records += ((await reader.read()) as { readonly size: number }).size;
    expect(reader.pending).toBe(false);
    await reader.close();
  });

  for (const { name, run } of sourceConformance("kafka", makeFixture)) test(name, run);

  test("begins at the earliest, the latest, a time, or what the group committed", async () => {
    const topic = await freshTopic(client);
    const group = freshName("group");
    await produce(client, topic, 10);
    const texts = async (options: Partial<KafkaSourceOptions>) => {
      const { reader, texts: read, ends } = await readOut(topic, options);
      await reader.acknowledge?.(ends);
      await reader.close();
      return read;
    };
    expect(await texts({ start: "earliest" })).toEqual(values(10));
    expect(await texts({ start: "latest" })).toEqual([]);
    expect(await texts({ start: 1007 })).toEqual(["v7", "v8", "v9"]);
    expect(await texts({ start: "committed", group })).toEqual(values(10));
    expect(await texts({ start: "committed", group })).toEqual([]);
    await produce(client, topic, 2);
    expect(await texts({ start: "committed", group })).toEqual(["v0", "v1"]);
  });

  test("stops behind aborted transactions and markers, and commits the very end, as Kafka's own tool sees it", async () => {
    const topic = await freshTopic(client);
    const group = freshName("group");
    const session = await transactionsOf(client, freshName("tx"));
    session.add(recordOf({ topic, partition: 0 }, 1, null, "kept"));
    await session.commit();
    session.add(recordOf({ topic, partition: 0 }, 1, null, "dropped"));
    session.flush();
    await session.drain();
    await session.abort();
    await session.close();
    for (const fetchBytes of [1, 1_000_000]) {
      const { reader, texts, ends } = await readOut(topic, { group, fetchBytes });
      await reader.acknowledge?.(ends);
      await reader.close();
      expect(texts).toEqual(["kept"]);
    }
    const { text } = await runConsoleTool("groups", brokers, ["--describe", "--group", group], "capture");
    const [, , , committed, end, lag] = text.trim().split("\n").at(-1)!.split(/\s+/);
    expect([committed, end, lag].slice(0, 2)).toEqual([end, end]);
  });

  test("a null value is refused as such, and counted in its place", async () => {
    const topic = await freshTopic(client);
    const producer = await producerOf(client);
    for (const value of ["a", null, "b"]) producer.add(recordOf({ topic, partition: 0 }, 1, "k", value));
    await producer.flushed();
    await producer.close();
    const reader = await open(topic);
    let batch = await reader.read();
    while (batch !== "end" && batch.size === 0) batch = await reader.read();
    expect(batch !== "end" && batch.buffer !== undefined && batch.refused).toEqual([
      { index: 1, reason: "null value" },
    ]);
    await reader.close();
  });

  test("a topic that is not there, and a position that is not there any more, are told", async () => {
    await expect(open(freshName("none"))).rejects.toThrow("ML3001");
    const topic = await freshTopic(client);
    await produce(client, topic, 3);
    await expect(open(topic, {}, new Map([[`${topic}-0`, 4000]]))).rejects.toThrow("ML3002");
  });
});
