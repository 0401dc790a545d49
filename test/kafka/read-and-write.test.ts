/** The fetch loop and the producer against a real broker, and Java's tools as witnesses. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compressions } from "../../src/connectors/kafka/compression.ts";
import { startBroker } from "../../tools/kafka/broker.ts";
import { runConsoleTool } from "../../tools/kafka/console-tools.ts";
import type { RunningBroker } from "../../tools/kafka/running-broker.ts";
import { describeWithBroker } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import {
  clientOf,
  clock,
  fetcherOf,
  freshTopic,
  produce,
  producerOf,
  readTopic,
  recordOf,
  recordsOf,
  values,
} from "./kit.ts";

describeKafka("reading and writing", ({ brokers, client }) => {
  test.each(compressions)("what is written with %s is read, by us and by Java's consumer", async (compression) => {
    const topic = await freshTopic(client);
    await produce(client, topic, 3000, { compression });
    const seen = await readTopic(client, topic);
    expect(seen.map(({ value }) => value)).toEqual(values(3000));
    expect(seen.map(({ key }) => key)).toEqual(seen.map((_, i) => `k${i}`));
    const read = await runConsoleTool("read", brokers, [topic, "--max-messages", "3000"], "capture");
    expect(read.text.trim().split("\n")).toEqual(values(3000));
  });

  test("many partitions, each in order, within the bound on what is in flight", async () => {
    const topic = await freshTopic(client, 7);
    await produce(client, topic, 20_000, { partitions: 7 });
    const seen = await readTopic(client, topic, { fetchBytes: 8 * 1024, inFlightBytesMax: 32 * 1024 });
    const expected = values(20_000);
    for (let partition = 0; partition < 7; partition++) {
      const mine = seen.filter((record) => record.partition === partition).map(({ value }) => value);
      expect(mine).toEqual(expected.filter((_, i) => i % 7 === partition));
    }
  });

  test("nulls, empty texts and records in the middle of a batch", async () => {
    const topic = await freshTopic(client);
    const producer = await producerOf(client);
    const place = { topic, partition: 0 };
    producer.add(recordOf(place, 1, null, null));
    producer.add(recordOf(place, 2, "", ""));
    producer.add(recordOf(place, 3, "k", "v", [["h", null]]));
    await producer.flushed();
    await producer.close();
    expect(await readTopic(client, topic)).toEqual([
      { partition: 0, offset: 0, key: null, value: null },
      { partition: 0, offset: 1, key: "", value: "" },
      { partition: 0, offset: 2, key: "k", value: "v" },
    ]);
    const fetcher = fetcherOf(client);
    fetcher.add(place, 2);
    const piece = await fetcher.next();
    if ("failure" in piece) throw piece.failure;
    expect(recordsOf(piece).map(({ offset }) => offset)).toEqual([2]);
    await fetcher.close();
  });

  test("a paused partition and one that nobody takes from stall no other", async () => {
    const topic = await freshTopic(client, 3);
    await produce(client, topic, 30_000, { partitions: 3 });
    const fetcher = fetcherOf(client, { fetchBytes: 8 * 1024, inFlightBytesMax: 64 * 1024 });
    for (let partition = 0; partition < 3; partition++) fetcher.add({ topic, partition }, 0);
    fetcher.pause({ topic, partition: 1 });
    const seen = [0, 0, 0];
    while (seen[0]! + seen[2]! < 20_000) {
      const piece = await fetcher.next();
      if ("failure" in piece) throw piece.failure;
      seen[piece.place.partition]! += recordsOf(piece).length;
      expect(fetcher.inFlightBytes).toBeLessThanOrEqual(64 * 1024);
    }
    expect(seen).toEqual([10_000, 0, 10_000]);
    fetcher.resume({ topic, partition: 1 });
    while (seen[1]! < 10_000) {
      const piece = await fetcher.next();
      if ("failure" in piece) throw piece.failure;
      seen[piece.place.partition]! += recordsOf(piece).length;
    }
    expect(seen).toEqual([10_000, 10_000, 10_000]);
    await fetcher.close();
  });

  test("the first and the last offset, and the one of a time", async () => {
    const topic = await freshTopic(client);
    await produce(client, topic, 100);
    const place = { topic, partition: 0 };
    const at = async (when: "earliest" | "latest" | number) =>
      (await client.offsets([place], when, true)).get(`${topic}-0`);
    expect(await at("earliest")).toBe(0);
    expect(await at("latest")).toBe(100);
    expect(await at(1050)).toBe(50);
    expect(await at(9999)).toBe(100);
  });

  test("an offset that is not there is that partition's failure, not the fetcher's", async () => {
    const topic = await freshTopic(client, 2);
    await produce(client, topic, 10, { partitions: 2 });
    const fetcher = fetcherOf(client);
    fetcher.add({ topic, partition: 0 }, 4000);
    const failed = await fetcher.next();
    expect("failure" in failed && failed.failure.code).toBe("OFFSET_OUT_OF_RANGE");
    fetcher.add({ topic, partition: 0 }, 2);
    const piece = await fetcher.next();
    expect("failure" in piece).toBe(false);
    await fetcher.close();
  });

  test("a topic that is deleted under a reader is told", async () => {
    const topic = await freshTopic(client);
    await produce(client, topic, 10);
    const fetcher = fetcherOf(client);
    fetcher.add({ topic, partition: 0 }, 0);
    await fetcher.next();
    await client.deleteTopics([topic], 10_000);
    const failed = await fetcher.next();
    expect("failure" in failed && failed.failure.code).toBe("UNKNOWN_TOPIC_OR_PARTITION");
    await fetcher.close();
  });

  test("a record that the topic does not take is refused at once, and those around it arrive", async () => {
    const topic = await freshTopic(client);
    const producer = await producerOf(client, { batchBytesMax: 50_000 });
    producer.add(recordOf({ topic, partition: 0 }, 1, null, "before"));
    expect(() => producer.add(recordOf({ topic, partition: 0 }, 1, null, "x".repeat(60_000)))).toThrow(
      "max.message.bytes",
    );
    const headers = [["h".repeat(1000), Buffer.alloc(60_000)]] as const;
    expect(() => producer.add(recordOf({ topic, partition: 0 }, 1, null, "x", headers))).toThrow("max.message.bytes");
    producer.add(recordOf({ topic, partition: 0 }, 1, null, "y".repeat(40_000)));
    producer.add(recordOf({ topic, partition: 0 }, 1, null, "after"));
    await producer.flushed();
    await producer.close();
    expect((await readTopic(client, topic)).map(({ value }) => value?.length)).toEqual([6, 40_000, 5]);
  });
});

describeWithBroker("a broker that goes and comes back", () => {
  let folder: string;
  let broker: RunningBroker | undefined;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-kafka-restart-"));
  });
  afterAll(async () => {
    await broker?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test("in the middle of writing and reading: every record once and in order", async () => {
    broker = await startBroker({ quick: true, dataFolder: folder });
    const client = clientOf(broker.brokers);
    const topic = await freshTopic(client, 2);
    const producer = await producerOf(client);
    const fetcher = fetcherOf(client);
    for (const partition of [0, 1]) fetcher.add({ topic, partition }, 0);
    const count = 30_000;
    const reading = (async () => {
      const seen: string[][] = [[], []];
      while (seen[0]!.length + seen[1]!.length < count) {
        const piece = await fetcher.next();
        if ("failure" in piece) throw piece.failure;
        for (const { partition, value } of recordsOf(piece)) seen[partition]!.push(value!);
      }
      return seen;
    })();
    for (let i = 0; i < count; i++) {
      // The times of now: a broker that starts forgets the producers whose last records are older than a day.
      producer.add(recordOf({ topic, partition: i % 2 }, clock.now(), null, `v${i}`));
      if (producer.full) await producer.drain();
      if (i !== 10_000 && i !== 20_000) continue;
      producer.flush();
      await (i === 10_000 ? broker.stop() : broker.kill());
      broker = await startBroker({ quick: true, dataFolder: folder, port: broker.port });
    }
    await producer.flushed();
    const seen = await reading;
    for (const partition of [0, 1])
      expect(seen[partition]).toEqual(values(count).filter((_, i) => i % 2 === partition));
    await Promise.all([producer.close(), fetcher.close()]);
    await client.close();
  });
});
