/** A task while its broker goes and comes back, gives a transaction up, and compacts its changelog: a broker of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KafkaClient } from "../../src/connectors/kafka/client/kafka-client.ts";
import { isFenced, mayRestart } from "../../src/connectors/kafka/task-failure.ts";
import { startBroker } from "../../tools/kafka/broker.ts";
import type { RunningBroker } from "../../tools/kafka/running-broker.ts";
import { describeWithBroker, freshName } from "./broker.ts";
import { clientOf, clock, freshTopic, producerOf, readTopic, recordOf } from "./kit.ts";
import { changelogOf, committedOf, countsOf, startTask, stateOf, type TaskSetup, valuesIn } from "./task-kit.ts";

/** Looks for old transactions and for what can be compacted all the time. */
const settings = {
  "transaction.abort.timed.out.transaction.cleanup.interval.ms": "200",
  "log.cleaner.backoff.ms": "100",
};

describeWithBroker("a task whose broker", () => {
  let dataFolder: string;
  let broker: RunningBroker;
  let client: KafkaClient;
  beforeAll(async () => {
    dataFolder = mkdtempSync(join(tmpdir(), "millrace-kafka-trouble-"));
    broker = await startBroker({ quick: true, dataFolder, settings });
    client = clientOf(broker.brokers);
  });
  afterAll(async () => {
    await client?.close();
    await broker?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  async function fresh(texts: readonly string[]): Promise<TaskSetup> {
    const { brokers } = broker;
    const setup = {
      brokers,
      group: freshName("group"),
      input: await freshTopic(client),
      output: await freshTopic(client),
    };
    await write(setup.input, texts);
    return setup;
  }

  async function write(topic: string, texts: readonly string[]): Promise<void> {
    const producer = await producerOf(client);
    for (const text of texts) producer.add(recordOf({ topic, partition: 0 }, clock.now(), null, text));
    await producer.flushed();
    await producer.close();
  }

  const some = (count: number) => Array.from({ length: count }, (_, i) => `k${i % 7}`);

  test("goes in mid-stream and comes back, in good order or not, goes on without a failure", async () => {
    const texts = some(20_000);
    const setup = await fresh(texts);
    let records = 0;
    let restarts = Promise.resolve();
    const restart = (how: "stop" | "kill") => {
      restarts = restarts.then(async () => {
        await broker[how]();
        broker = await startBroker({ quick: true, dataFolder, settings, port: broker.port });
      });
    };
    const onRecord = () => {
      records += 1;
      if (records === 5000) restart("stop");
      if (records === 12_000) restart("kill");
    };
    // However long a broker takes to start on a machine with other work to do.
    const transactionTimeoutMs = 240_000;
    const { ended } = await startTask({ ...setup, end: texts.length, onRecord, transactionTimeoutMs });
    await ended;
    await restarts;
    expect(await valuesIn(client, setup.output)).toEqual(countsOf(texts));
    expect(await committedOf(client, setup.group, setup.input)).toEqual({ offset: texts.length, metadata: "ended" });
  });

  test("has given a transaction up for its age fails, may be started again, and goes on exactly", async () => {
    const texts = some(3000);
    const setup = await fresh(texts);
    const checkpointMs = 3_600_000;
    const slow = await startTask({ ...setup, checkpointMs, transactionTimeoutMs: 1000 });
    // All is written in one transaction, which the broker then finds too old: until its marker comes none may be read.
    const end = async (committedOnly: boolean) =>
      (await client.offsets([{ topic: setup.output, partition: 0 }], "latest", committedOnly)).get(
        `${setup.output}-0`,
      )!;
    while ((await end(true)) === 0) await clock.turn();
    slow.job.stop();
    const failure = await slow.ended.catch((thrown: unknown) => thrown);
    expect(mayRestart(failure)).toBe(true);
    expect(isFenced(failure)).toBe(true);
    expect(await valuesIn(client, setup.output)).toEqual([]);
    await (await startTask({ ...setup, end: texts.length })).ended;
    expect(await valuesIn(client, setup.output)).toEqual(countsOf(texts));
  });

  test("compacts the changelog restores from what is left, markers at the end counted", async () => {
    const setup = await fresh([]);
    const topic = changelogOf(setup);
    await client.createTopics([{ name: topic, partitions: 1, replicas: -1, settings: eager }], 30_000);
    // Each run writes every key at least once, and opens a segment: only those before it are compacted.
    let runs = 0;
    const run = async () => {
      runs += 1;
      await write(setup.input, some(7));
      await (await startTask({ ...setup, end: 7 * runs })).ended;
    };
    do await run();
    while ((await readTopic(client, topic)).length >= 7 * runs);
    expect([...(await stateOf(client, setup)).values()]).toEqual(Array(7).fill(String(runs)));
    await run();
    expect((await valuesIn(client, setup.output)).slice(-7)).toEqual(countsOf(some(7 * runs)).slice(-7));
  });
});

/** Segments that are closed after a moment, and compacted as soon as anything in them can go. */
const eager = { "cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01" };
