/** Runs started before what they need is there: they wait, say for what, and go on by themselves; or stop as they are told. */

import { afterEach, describe, expect, test } from "vitest";
import { freshName } from "./broker.ts";
import { describeKafka } from "./describe-kafka.ts";
import { Gate } from "./gate.ts";
import { freshTopic, produce, readTopic, values } from "./kit.ts";
import { TextRun } from "./text-run.ts";

describeKafka("a run started early", ({ brokers, client }) => {
  let gate: Gate;
  afterEach(() => gate?.close());

  const textsIn = async (topic: string) => (await readTopic(client, topic)).map(({ value }) => value).sort();

  describe.each([["in a group"], ["on its own"]])("%s", (place) => {
    const groupOf = () => (place === "in a group" ? { group: freshName("group") } : undefined);

    test("waits for a cluster that is away", async () => {
      gate = await Gate.make(brokers);
      const [input, output] = [await freshTopic(client, 2), await freshTopic(client)];
      await produce(client, input, 6, { partitions: 2 });
      const run = new TextRun({ brokers: gate.address, input, output, untilEnd: true, group: groupOf() });
      await run.told(/^(kafka: )?waiting for Kafka: NETWORK/);
      await gate.open();
      await run.running.done;
      expect(await textsIn(output)).toEqual(values(6));
    });

    test("waits for a topic that is about to be made", async () => {
      const [input, output] = [freshName("later"), await freshTopic(client)];
      const run = new TextRun({ brokers, input, output, group: groupOf() });
      await run.told(new RegExp(`waiting for Kafka: .*there is no topic ${input}`));
      await client.createTopics([{ name: input, partitions: 2, replicas: -1, settings: {} }], 30_000);
      await produce(client, input, 6, { partitions: 2 });
      await run.until(async () => (await textsIn(output)).length === 6);
      run.running.stop();
      expect((await run.running.done).state).toBe("finished");
      expect(await textsIn(output)).toEqual(values(6));
    });

    test("stops while it waits for a cluster, and that is no failure", async () => {
      const { address } = await Gate.make(brokers);
      const run = new TextRun({ brokers: address, input: "in", output: "out", group: groupOf() });
      await run.told(/waiting for Kafka: NETWORK/);
      run.running.stop();
      expect((await run.running.done).state).toBe("finished");
    });

    test("stops while it waits for a topic, and that is no failure", async () => {
      const run = new TextRun({
        brokers,
        input: freshName("none"),
        output: await freshTopic(client),
        group: groupOf(),
      });
      await run.told(/waiting for Kafka/);
      run.running.stop();
      expect((await run.running.done).state).toBe("finished");
    });
  });
});
